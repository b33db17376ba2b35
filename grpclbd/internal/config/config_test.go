package config

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const whole = `
listen: 0.0.0.0:8080
admin: 127.0.0.1:8081
replica: a
tls: {cert: s.pem, key: s.key, clientCA: ca.pem}
access: {tls: {cert: s.pem, key: s.key}, tokenFile: token}
authz: policy.json
store: {etcd: ["https://10.0.0.1:2379", "https://[::1]:2379"], tls: {ca: ca.pem, cert: c.pem, key: c.key}}
limits: {clients: 1000, messageRate: 10, nameTimeout: 5s, streamAge: 30m}
stop: {notice: 0s, over: 1s}
log: {level: warn, format: json}
tracing: {otlp: "127.0.0.1:4317", tls: {ca: ca.pem}}
services:
- name: greeter.example.com:443
  sources:
  - static: [10.0.0.1:50051, "[2001:db8::1]:50051"]
    zone: z1
    token: t
    weight: 3
  - file: backends.yaml
  - dns: greeter.internal:50051
    resolve: 10.0.0.53:53
  - etcd: services/greeter
  health: {grpc: "", interval: 2s, timeout: 500ms, rise: 1, fall: 5}
  load: {orca: true, interval: 3s}
  guard: {minHealthy: 0, maxRemove: 10, hold: 0s}
  zones: {clients: {10.1.0.0/16: z1, "2001:db8::/32": z2}, spill: 80}
  subset: 20
  spread: 5
  canary: {label: track=canary, percent: 5}
  slowStart: 1m
  drops: [{token: shed, percent: 5}]
  reportInterval: 0s
  aliases: [greeter, "Greeter:443"]
- name: plain
  sources: [{static: [10.0.0.1:1]}]
  health: {}
  load: {orca: true}
  zones: {}
`

func TestParse(t *testing.T) {
	c, err := Parse("f.yaml", []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	first, second := c.Services[0], c.Services[1]
	for what, pair := range map[string][2]any{
		"a time of zero that was given": {c.Stop.Notice, time.Duration(0)},
		"a number of zero":              {first.Guard.MinHealthy, 0},
		"no reports":                    {first.ReportInterval, time.Duration(0)},
		"a weight":                      {first.Sources[0].Weight, 3},
		"a zone's prefix":               {first.Zones.Clients["2001:db8::/32"], "z2"},
		"the default of a weight":       {second.Sources[0].Weight, 1},
		"the default of reports":        {second.ReportInterval, 10 * time.Second},
		"the default of a guard":        {second.Guard, Guard{MinHealthy: 50, MaxRemove: 50, Hold: time.Minute}},
		"the default of health":         {*second.Health, Health{GRPC: new(string), Interval: 5 * time.Second, Timeout: time.Second, Rise: 2, Fall: 3}},
		"the default of load":           {second.Load.Interval, 10 * time.Second},
		"the default of zones":          {second.Zones.Spill, 70},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%s: %v, want %v", what, pair[0], pair[1])
		}
	}
}

func TestParse_Refuses(t *testing.T) {
	const services = "services:\n- name: s\n  sources: [{static: [10.0.0.1:1]}]\n"
	service := func(line string) string { return services + "  " + line }
	source := func(s string) string { return "services:\n- name: s\n  sources: [" + s + "]\n" }
	for text, want := range map[string]string{
		"listen: a:80":                   "services: is missing or empty",
		"services: []":                   "line 1: services: is missing or empty",
		"listen: x\n" + services:         `line 1: listen: "x" is not HOST:PORT`,
		"listen: a:99999\n" + services:   `"a:99999" is not HOST:PORT`,
		"admin: 0.0.0.0:80\n" + services: "access.tls: is missing: admin \"0.0.0.0:80\" is not a loopback address",
		"admin: :80\n" + services:        "access.tls: is missing",
		"admin: a:80\naccess: {tls: {cert: a, key: b}}\n" + services:                    "line 2: access: needs tokenFile or tls.clientCA",
		"tls: {cert: a}\n" + services:                                                   "line 1: tls.key: is missing",
		"store: {etcd: [\"10.0.0.1:2379\"]}\n" + services:                               `line 1: store.etcd[0]: "10.0.0.1:2379" is not a URL`,
		"store: {etcd: [a], tls: {cert: a}}\n" + services:                               "only one of cert and key",
		"store: {listen: \"10.0.0.1:2379\"}\n" + services:                               `store.listen: "10.0.0.1:2379" is not a loopback address`,
		"store: {listen: \"2379\"}\n" + services:                                        `store.listen: "2379" is not HOST:PORT`,
		"store: {listen: \"127.0.0.1:1\", etcd: [\"http://a:1\"]}\n" + services:         "store.etcd names another",
		"store: {etcd: [\"http://a:1\", \"https://b:1\"]}\n" + services:                 "line 1: store.etcd: has URLs with http and with https; all have to be of one kind",
		"store: {tls: {ca: a}}\n" + services:                                            "line 1: store.tls: is for the URLs of store.etcd, and there are none",
		"store: {etcd: [\"http://a:1\"], tls: {ca: a}}\n" + services:                    "line 1: store.tls: is for URLs that begin with https://",
		"store: {etcd: [\"http://ann:hunter2@a:1\"]}\n" + services:                      `line 1: store.etcd[0]: "http://…@a:1" has a user or a password, which is not used`,
		"store: {etcd: [\"http://a:1/x\"]}\n" + services:                                `store.etcd[0]: "http://a:1/x" is not a URL`,
		"store: {etcd: [\"http://a:1?token=hunter2\"]}\n" + services:                    `store.etcd[0]: "http://a:1?…" is not a URL`,
		"tracing: {tls: {}}\n" + services:                                               "line 1: tracing.tls: is for the collector tracing.otlp, and there is none",
		"tracing: {otlp: \"a:1\", tls: {key: a}}\n" + services:                          "line 1: tracing.tls: has only one of cert and key",
		"limits: {clients: -1}\n" + services:                                            "limits.clients: -1 is not from 0",
		"limits: {streamAge: 1ms}\n" + services:                                         "limits.streamAge: 1ms is not from 1s",
		"stop: {over: -1s}\n" + services:                                                "stop.over: -1s is not from 0s",
		"log: {level: loud}\n" + services:                                               `log.level: "loud" is not one of debug, info, warn, error`,
		"tracing: {otlp: here}\n" + services:                                            `tracing.otlp: "here" is not HOST:PORT`,
		"replica: \"a\\nb\"\n" + services:                                               "replica:",
		services + "- name: s\n  sources: [{file: f}]":                                  `line 4: services[1]: the name "s" is also that of services[0]`,
		service("aliases: [s]"):                                                         `the name "s" is also that of services[0]`,
		service("aliases: [\"\"]"):                                                      "services[0].aliases[0]: is missing",
		"services:\n- sources: [{file: f}]":                                             "line 2: services[0].name: is missing",
		"services:\n- name: s":                                                          "services[0].sources: is missing or empty",
		source("{}"):                                                                    "services[0].sources[0]: needs exactly one of static, file, dns, etcd; it has 0",
		source("{file: a, dns: b:1}"):                                                   "it has 2",
		source("{static: [example.com:1]}"):                                             `services[0].sources[0].static[0]: "example.com:1" is not IP:PORT`,
		source("{static: [\"10.0.0.1:0\"]}"):                                            "is not IP:PORT",
		source("{static: [\"[fe80::1%eth0]:1\"]}"):                                      "is not IP:PORT",
		source("{static: [0.0.0.0:1]}"):                                                 "0.0.0.0 is no address that clients can connect to",
		source("{static: [\"[ff02::1]:1\"]}"):                                           "ff02::1 is an address of many machines",
		service("aliases: [\"a\\u0007\"]"):                                              "has a control character",
		service("guard: {<<: {hold: 5s}}"):                                              "line 4: services[0].guard: << is not allowed",
		source("{dns: greeter}"):                                                        `"greeter" is not HOST:PORT`,
		source("{file: f, resolve: 10.0.0.1:53}"):                                       "is for dns sources only",
		source("{file: f, weight: 0}"):                                                  "weight: 0 is not from 1 to 2147483647",
		source("{file: f, token: \"a\\tb\"}"):                                           "is not a token",
		source("{file: f, token: \" a\"}"):                                              "no space at either end",
		source("{file: f, zone: \"a\\tb\"}"):                                            `services[0].sources[0].zone: "a\tb" is not a zone`,
		source("{dns: \"10.0.0.1:1\"}"):                                                 `services[0].sources[0].dns: "10.0.0.1:1" has no name to look up`,
		service("zones: {clients: {10.1.0.0/16: \"" + strings.Repeat("z", 64) + "\"}}"): "is not a zone",
		source("{file: f, wieght: 3}"):                                                  `line 3: unknown field "wieght"`,
		service("health: {grpc: a, tcp: {}}"):                                           "both grpc and tcp",
		service("health: {interval: 5}"):                                                "a number `5` where a time with its unit, such as 5s, is expected",
		service("health: {interval: 1s, timeout: 2s}"):                                  "line 4: services[0].health.timeout: 2s is longer than the interval of 1s",
		service("health: {rise: 0}"):                                                    "rise: 0 is not from 1 to 100",
		service("health:"):                                                              "services[0].health: has no value",
		service("load: {}"):                                                             "load.orca: is not true",
		service("guard: {maxRemove: 101}"):                                              "101 is not from 0 to 100",
		service("zones: {clients: {10.1.0.1/16: a}}"):                                   "with zeros behind its bits",
		service("zones: {clients: {10.1.0.0/16: \"\"}}"):                                "is not a zone",
		service("zones: {spill: 0}"):                                                    "spill: 0 is not from 1 to 100",
		service("subset: -1"):                                                           "subset: -1 is not from 0",
		service("spread: 0"):                                                            "spread: 0 is not from 1",
		service("subset: 1.5"):                                                          "1.5 is not a whole number",
		service("canary: {label: a, percent: 5}"):                                       `"a" is not NAME=VALUE`,
		service("drops: [{percent: 5}]"):                                                "token: is missing",
		service("drops: [{token: a, percent: 60}, {token: b, percent: 50}]"):            "add up to 110 per cent",
		service("drops: [{token: a, percent: 6}, {token: a, percent: 5}]"):              `"a" is also that of another drop`,
		service("reportInterval: 1ms"):                                                  "reportInterval: 1ms is not from 100ms",
	} {
		_, err := Parse("f.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q:\n error %v\n want  %s", text, err, want)
		}
	}
}

// Several faults are told at once.
func TestParse_AllFaults(t *testing.T) {
	_, err := Parse("f.yaml", []byte("listen: x\nadmin: y\nservices: []"))
	if err == nil || strings.Count(err.Error(), "f.yaml: line") != 3 {
		t.Errorf("error %v, want three faults", err)
	}
}

// However many faults there are, the error is short, and a file that does not end is not read to its end.
func TestParse_ManyFaults(t *testing.T) {
	many := func(address string, n int) string {
		return "services: [{name: s, sources: [{static: [" + strings.Repeat(address+", ", n) + "]}]}]"
	}
	_, err := Parse("f.yaml", []byte(many("x", 10_000)))
	if err == nil || strings.Count(err.Error(), "\n") != 20 || !strings.HasSuffix(err.Error(), "and 9980 more") {
		t.Errorf("error %.300v", err)
	}
	_, err = Parse("f.yaml", []byte(many("10.0.0.1:1", 100_001)))
	if want := "services[0].sources[0].static: has 100001 addresses, and may have 100000"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %.300v, want %q", err, want)
	}
	if _, err := Read("/dev/zero"); err == nil || !strings.Contains(err.Error(), "/dev/zero: it is longer than") {
		t.Errorf("error %.300v", err)
	}
}

func TestFromFlags(t *testing.T) {
	c, err := FromFlags([]string{"greeter.example.com:443=127.0.0.1:50051,127.0.0.1:50052", "b=[::1]:1"})
	if err != nil || len(c.Services) != 2 || len(c.Services[0].Sources[0].Static) != 2 || c.Services[0].ReportInterval != 10*time.Second {
		t.Fatalf("services %+v, error %v", c, err)
	}
	for _, bad := range []string{"a", "a=", "=1.2.3.4:5", "a=b", "a=1.2.3.4:5,"} {
		if _, err := FromFlags([]string{bad}); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(whole))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse("f", text)
		if err == nil && len(c.Services) == 0 {
			t.Error("a configuration without services is accepted")
		}
	})
}

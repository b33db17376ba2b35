package grpclb

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/backoff"

	"github.com/actorlb/grpclb/lbstream"
)

// parsed reads a config with the defaults of a builder without options.
func parsed(t testing.TB, text string) Config {
	t.Helper()
	c, err := NewBuilder().ParseConfig(json.RawMessage(text))
	if err != nil {
		t.Fatalf("config %s: %v", text, err)
	}
	return c.(*parsedConfig).Config
}

func TestConfig_Defaults(t *testing.T) {
	want := Config{
		InitialFallbackTimeout: 10 * time.Second,
		EmptyServerList:        WaitOnEmpty,
		BackendHealthCheck:     CheckFallback,
		HandoverTimeout:        10 * time.Second,
		SubConnLinger:          10 * time.Second,
		StreamBackoff:          backoff.Config{BaseDelay: time.Second, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 2 * time.Minute},
		BalancerTimeout:        10 * time.Second,
		BalancerKeepalive:      lbstream.Keepalive{Time: 30 * time.Second, Timeout: 10 * time.Second},
	}
	// Nothing, and nulls, are the defaults; so is what is unknown, whatever it
	// holds, and names are not guessed.
	for _, text := range []string{
		`{}`, `null`, `{"serviceName":null,"initialFallbackTimeout":null,"streamBackoff":null}`,
		`{"streamBackoff":{"jitter":null,"later":[]}}`,
		`{"targetName":"x","later":{"serviceName":"x"},"ServiceName":5}`,
	} {
		if diff := cmp.Diff(want, parsed(t, text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestConfig_Fields(t *testing.T) {
	long := strings.Repeat("n", 255)
	for text, set := range map[string]func(*Config){
		`{"serviceName":"shop"}`:                       func(c *Config) { c.ServiceName = "shop" },
		`{"serviceName":"` + long + `"}`:               func(c *Config) { c.ServiceName = long },
		`{"initialFallbackTimeout":"1.5s"}`:            func(c *Config) { c.InitialFallbackTimeout = 1500 * time.Millisecond },
		`{"initialFallbackTimeout":"0s"}`:              func(c *Config) { c.InitialFallbackTimeout = 0 },
		`{"initialFallbackTimeout":"315576000000s"}`:   func(c *Config) { c.InitialFallbackTimeout = math.MaxInt64 },
		`{"emptyServerList":"wait"}`:                   func(c *Config) { c.EmptyServerList = WaitOnEmpty },
		`{"emptyServerList":"fail"}`:                   func(c *Config) { c.EmptyServerList = FailOnEmpty },
		`{"emptyServerList":"keep"}`:                   func(c *Config) { c.EmptyServerList = KeepOnEmpty },
		`{"backendHealthCheck":"all"}`:                 func(c *Config) { c.BackendHealthCheck = CheckAll },
		`{"backendHealthCheck":"fallback"}`:            func(c *Config) { c.BackendHealthCheck = CheckFallback },
		`{"handoverTimeout":"0.000000001s"}`:           func(c *Config) { c.HandoverTimeout = 1 },
		`{"subConnLinger":"3600s"}`:                    func(c *Config) { c.SubConnLinger = time.Hour },
		`{"maxPendingPicks":4294967295}`:               func(c *Config) { c.MaxPendingPicks = math.MaxUint32 },
		`{"streamBackoff":{"initialDelay":"0.250s"}}`:  func(c *Config) { c.StreamBackoff.BaseDelay = 250 * time.Millisecond },
		`{"streamBackoff":{"multiplier":1}}`:           func(c *Config) { c.StreamBackoff.Multiplier = 1 },
		`{"streamBackoff":{"jitter":0}}`:               func(c *Config) { c.StreamBackoff.Jitter = 0 },
		`{"streamBackoff":{"maxDelay":"5s"}}`:          func(c *Config) { c.StreamBackoff.MaxDelay = 5 * time.Second },
		`{"balancerTimeout":"2s"}`:                     func(c *Config) { c.BalancerTimeout = 2 * time.Second },
		`{"balancerTimeout":"0s"}`:                     func(c *Config) { c.BalancerTimeout = 0 },
		`{"balancerKeepalive":{"time":"60s"}}`:         func(c *Config) { c.BalancerKeepalive.Time = time.Minute },
		`{"balancerKeepalive":{"time":"0s"}}`:          func(c *Config) { c.BalancerKeepalive.Time = 0 },
		`{"balancerKeepalive":{"timeout":"5s"}}`:       func(c *Config) { c.BalancerKeepalive.Timeout = 5 * time.Second },
		`{"childPolicy":[ {"pick_first": {}} ]}`:       func(c *Config) { c.ChildPolicy = `[{"pick_first":{}}]` },
		`{"maxPendingPicks":7,"subConnLinger":"0.1s"}`: func(c *Config) { c.MaxPendingPicks, c.SubConnLinger = 7, 100*time.Millisecond },
		`{"serviceName":"","emptyServerList":"wait"}`:  func(*Config) {},
		`{"serviceName":"with \"quotes\" and \u00fc"}`: func(c *Config) { c.ServiceName = `with "quotes" and ü` },
	} {
		want := DefaultConfig()
		set(&want)
		if diff := cmp.Diff(want, parsed(t, text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestConfig_MalformedNamesTheField(t *testing.T) {
	for text, want := range map[string]string{
		`{"serviceName":5}`: "serviceName",
		`{"serviceName":"` + strings.Repeat("n", 256) + `"}`: "serviceName: 256 bytes",
		`{"initialFallbackTimeout":10}`:                      "initialFallbackTimeout",
		`{"initialFallbackTimeout":"10"}`:                    "initialFallbackTimeout",
		`{"initialFallbackTimeout":"10m"}`:                   "initialFallbackTimeout",
		`{"initialFallbackTimeout":"-1s"}`:                   "initialFallbackTimeout",
		`{"initialFallbackTimeout":"315576000001s"}`:         "initialFallbackTimeout",
		`{"initialFallbackTimeout":{}}`:                      "initialFallbackTimeout",
		`{"emptyServerList":"WAIT"}`:                         "emptyServerList",
		`{"backendHealthCheck":"none"}`:                      "backendHealthCheck",
		`{"backendHealthCheck":true}`:                        "backendHealthCheck",
		`{"emptyServerList":""}`:                             "emptyServerList",
		`{"emptyServerList":true}`:                           "emptyServerList",
		`{"handoverTimeout":"soon"}`:                         "handoverTimeout",
		`{"subConnLinger":"-0.5s"}`:                          "subConnLinger",
		`{"maxPendingPicks":-1}`:                             "maxPendingPicks",
		`{"maxPendingPicks":1.5}`:                            "maxPendingPicks",
		`{"maxPendingPicks":4294967296}`:                     "maxPendingPicks",
		`{"maxPendingPicks":"many"}`:                         "maxPendingPicks",
		`{"streamBackoff":[]}`:                               "streamBackoff",
		`{"streamBackoff":{"initialDelay":"0s"}}`:            "streamBackoff: field initialDelay",
		`{"streamBackoff":{"initialDelay":1}}`:               "streamBackoff: field initialDelay",
		`{"streamBackoff":{"multiplier":0.9}}`:               "streamBackoff: field multiplier",
		`{"streamBackoff":{"multiplier":1e999}}`:             "streamBackoff: field multiplier",
		`{"streamBackoff":{"jitter":-0.1}}`:                  "streamBackoff: field jitter",
		`{"streamBackoff":{"jitter":1.1}}`:                   "streamBackoff: field jitter",
		`{"streamBackoff":{"jitter":"NaN"}}`:                 "streamBackoff: field jitter",
		`{"streamBackoff":{"maxDelay":"0.0001s"}}`:           "streamBackoff: field maxDelay",
		`{"balancerKeepalive":[]}`:                           "balancerKeepalive",
		`{"balancerKeepalive":{"time":30}}`:                  "balancerKeepalive: field time",
		`{"balancerKeepalive":{"timeout":"-1s"}}`:            "balancerKeepalive: field timeout",
		`{"balancerTimeout":"-1s"}`:                          "balancerTimeout",
		`[]`:                                                 "object",
		`"grpclb"`:                                           "object",
		``:                                                   "object",
		`{`:                                                  "object",
	} {
		_, err := NewBuilder().ParseConfig(json.RawMessage(text))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "grpclb") {
			t.Errorf("%.60s: error %v, want %q in it", text, err, want)
		}
	}
}

// All that is wrong is said at once.
func TestConfig_MalformedTwice(t *testing.T) {
	_, err := NewBuilder().ParseConfig(json.RawMessage(`{"serviceName":5,"subConnLinger":5}`))
	for _, want := range []string{"serviceName", "subConnLinger"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
}

func TestConfig_BuilderDefaults(t *testing.T) {
	b := NewBuilder(WithDefaults(Config{ServiceName: "shop", MaxPendingPicks: 9}))
	c, err := b.ParseConfig(json.RawMessage(`{"maxPendingPicks":0}`))
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultConfig()
	want.ServiceName = "shop"
	if diff := cmp.Diff(want, c.(*parsedConfig).Config); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
}

// Part of a Config keeps the other defaults, also within a field that has parts.
func TestConfig_BuilderDefaultsInPart(t *testing.T) {
	given := Config{
		StreamBackoff:     backoff.Config{BaseDelay: time.Minute},
		BalancerKeepalive: lbstream.Keepalive{Time: time.Hour},
	}
	want := DefaultConfig()
	want.StreamBackoff.BaseDelay = time.Minute
	want.BalancerKeepalive.Time = time.Hour
	if diff := cmp.Diff(want, NewBuilder(WithDefaults(given)).defaults); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
}

// A zero is a zero if the Config was made by DefaultConfig.
func TestConfig_BuilderDefaultsOfZero(t *testing.T) {
	want := DefaultConfig()
	want.InitialFallbackTimeout, want.HandoverTimeout, want.SubConnLinger, want.BalancerTimeout = 0, 0, 0, 0
	want.StreamBackoff.Jitter, want.BalancerKeepalive.Time = 0, 0
	b := NewBuilder(WithDefaults(want))
	c, err := b.ParseConfig(json.RawMessage(`{"subConnLinger":null}`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, c.(*parsedConfig).Config); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
}

// What no service config may have, WithDefaults may not either. Each service config
// is refused then, which is when a program makes its channel.
func TestConfig_BuilderDefaultsRefused(t *testing.T) {
	for want, c := range map[string]Config{
		"field initialFallbackTimeout":            {InitialFallbackTimeout: -1},
		"field handoverTimeout":                   {HandoverTimeout: -time.Second},
		"field subConnLinger":                     {SubConnLinger: -time.Second},
		"field balancerTimeout":                   {BalancerTimeout: -time.Second},
		"field maxPendingPicks":                   {MaxPendingPicks: -1},
		"field emptyServerList":                   {EmptyServerList: "WAIT"},
		"field serviceName":                       {ServiceName: strings.Repeat("x", 256)},
		"UTF-8":                                   {ServiceName: "\xff"},
		"field childPolicy":                       {ChildPolicy: "pick_first"},
		"field streamBackoff: field jitter":       {StreamBackoff: backoff.Config{Jitter: 2}},
		"field streamBackoff: field initialDelay": {StreamBackoff: backoff.Config{BaseDelay: -1}},
		"field streamBackoff: field multiplier":   {StreamBackoff: backoff.Config{Multiplier: math.NaN()}},
		"field balancerKeepalive: field timeout":  {BalancerKeepalive: lbstream.Keepalive{Timeout: -1}},
	} {
		b := NewBuilder(WithDefaults(c))
		_, err := b.ParseConfig(json.RawMessage(`{}`))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "grpclb: WithDefaults: ") {
			t.Errorf("error %v, want %q in it", err, want)
		}
		if !b.defaults.Equal(DefaultConfig()) {
			t.Errorf("defaults that are refused count: %v", b.defaults)
		}
	}
}

func unknownFields(t *testing.T, text string) string {
	c, err := parseConfig([]byte(text), DefaultConfig())
	if err != nil {
		t.Errorf("config %s: %v", text, err)
	}
	return c.unknown
}

// Fields that nobody knows are named, within others too, and not without end.
func TestConfig_Unknown(t *testing.T) {
	many := map[string]int{}
	for i := range 1000 {
		many[fmt.Sprintf("%03d", i)+strings.Repeat("\n", 1000)] = i
	}
	long, _ := json.Marshal(many)
	for text, want := range map[string]string{
		`{}`:                     ``,
		`null`:                   ``,
		`{"serviceName":"x"}`:    ``,
		DefaultConfig().String(): ``,
		`{"childPolicy":[{"pick_first":{"later":1}}]}`:                      ``, // its own business
		`{"servicename":"x","later":null}`:                                  `"later", "servicename"`,
		`{"streamBackoff":{"jitter":0,"max":1},"balancerKeepalive":{"":1}}`: `"streamBackoff.max", "balancerKeepalive."`,
	} {
		if got := unknownFields(t, text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	if got := unknownFields(t, string(long)); len(got) > 1000 || strings.Contains(got, "\n") || !strings.HasSuffix(got, "and 992 more") {
		t.Errorf("a line of %d bytes: %s", len(got), got)
	}
}

// It is said once for a config, however often that comes.
func TestConfig_UnknownIsSaidOnce(t *testing.T) {
	m := newMachine("", DefaultConfig())
	said := 0
	for _, unknown := range []string{"", `"a"`, `"a"`, `"a"`, `"b"`, "", "", `"b"`} {
		m.update(&resolved{config: DefaultConfig(), unknown: unknown}, time.Now())
		for _, r := range m.takeRemarks() {
			if said++; r.String() != "unknown fields of the service config are ignored: "+unknown {
				t.Errorf("said: %s", r)
			}
		}
	}
	if said != 3 {
		t.Errorf("said %d times, want 3: a, b, and b again", said)
	}
}

func TestConfig_String(t *testing.T) {
	const want = `{"serviceName":"shop","initialFallbackTimeout":"0.500s","emptyServerList":"keep","backendHealthCheck":"all",` +
		`"handoverTimeout":"10s","subConnLinger":"10s","maxPendingPicks":3,` +
		`"streamBackoff":{"initialDelay":"1s","multiplier":1.6,"jitter":0.2,"maxDelay":"120s"},"balancerTimeout":"10s","balancerKeepalive":{"time":"30s","timeout":"10s"}}`
	c := DefaultConfig()
	c.ServiceName, c.InitialFallbackTimeout = "shop", time.Second/2
	c.EmptyServerList, c.BackendHealthCheck, c.MaxPendingPicks = KeepOnEmpty, CheckAll, 3
	if got := c.String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if diff := cmp.Diff(c, parsed(t, want)); diff != "" {
		t.Errorf("read again (-want +got):\n%s", diff)
	}
}

// A Config that was made by hand can hold what no JSON can.
func TestConfig_StringOfNonsense(t *testing.T) {
	for _, figure := range []float64{math.NaN(), math.Inf(1)} {
		c := DefaultConfig()
		c.StreamBackoff.Multiplier = figure
		if got := c.String(); !strings.Contains(got, "no JSON") {
			t.Errorf("a multiplier of %v: %s", figure, got)
		}
	}
}

// Whatever the text, an error names a field or says that it is no object;
// what is accepted is in order, and reads the same when it is printed.
func FuzzParseConfig(f *testing.F) {
	for _, seed := range []string{
		`{}`, `null`, DefaultConfig().String(), `{"serviceName":"\ud800"}`, `{"maxPendingPicks":1e3}`,
		`{"streamBackoff":{"multiplier":1e308,"jitter":1}}`, `{"initialFallbackTimeout":"-0s"}`,
		`{"childPolicy":[]}`, `{"childPolicy":[{"round_robin":null}]}`, `{"childPolicy":[{}]}`, `{"childPolicy":[{"grpclb":{}}]}`,
		`{"childPolicy":[{"nobody_has_this":{"a":"<&>\u2028\ud800"}},{"pick_first":{"shuffleAddressList":true}}]}`,
		`{"childPolicy":[{"pick_first":{"shuffleAddressList":5}}]}`, "{\"childPolicy\":[{\"pick_first\":{\"\xff\":1}}]}",
		`{"childPolicy": [ {"pick_first" : {} , "pick_first":{}} ] }`, `{"childPolicy":[{"Round_Robin":{}}]}`,
		`{"serviceName":"a","serviceName":5}`, `{"subConnLinger":"9223372036.854775808s"}`, `{"emptyServerList":null}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := parseConfig(text, DefaultConfig())
		if err != nil {
			if message := err.Error(); !strings.Contains(message, "field ") && !strings.Contains(message, "object") {
				t.Errorf("%s: error %v names no field", text, err)
			}
			return
		}
		b := c.StreamBackoff
		if len(c.ServiceName) > 255 || c.InitialFallbackTimeout < 0 || c.HandoverTimeout < 0 || c.SubConnLinger < 0 ||
			c.MaxPendingPicks < 0 || b.BaseDelay < time.Millisecond || b.MaxDelay < time.Millisecond ||
			!(b.Multiplier >= 1) || !(b.Jitter >= 0 && b.Jitter <= 1) {
			t.Errorf("%s was accepted: %v", text, c)
		}
		if _, err := childOf(c.ChildPolicy); err != nil {
			t.Errorf("%s was accepted: %v", text, err)
		}
		if diff := cmp.Diff(c.Config, parsed(t, c.String())); diff != "" {
			t.Errorf("printed as %s and read again (-want +got):\n%s", c, diff)
		}
	})
}

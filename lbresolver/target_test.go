package lbresolver

import (
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/resolver"
)

func TestTarget(t *testing.T) {
	service := hostPort{"service.example.com", 443}
	for text, want := range map[string]target{
		"grpclb:///service.example.com:443":              {service: service, fallback: true, config: true},
		"grpclb:///service.example.com":                  {service: service, fallback: true, config: true},
		"grpclb:service.example.com":                     {service: service, fallback: true, config: true},
		"grpclb:/service.example.com?":                   {service: service, fallback: true, config: true},
		"grpclb:///Service_1.example-2.com.:08":          {service: hostPort{"Service_1.example-2.com.", 8}, fallback: true, config: true},
		"grpclb:///localhost:65535":                      {service: hostPort{"localhost", 65535}, fallback: true, config: true},
		"grpclb:///192.0.2.1":                            {service: hostPort{"192.0.2.1", 443}, fallback: true, config: true},
		"grpclb:///[2001:db8::1]:80":                     {service: hostPort{"2001:db8::1", 80}, fallback: true, config: true},
		"grpclb:///[2001:db8::1]":                        {service: hostPort{"2001:db8::1", 443}, fallback: true, config: true},
		"grpclb:///2001:db8::1":                          {service: hostPort{"2001:db8::1", 443}, fallback: true, config: true},
		"grpclb:///fe80::1%25eth0":                       {service: hostPort{"fe80::1%eth0", 443}, fallback: true, config: true},
		"grpclb:///service.example.com?fallback=off":     {service: service, config: true},
		"grpclb:///service.example.com?config=off":       {service: service, fallback: true},
		"grpclb:///service.example.com?dns=192.0.2.53":   {service: service, fallback: true, config: true, dns: "192.0.2.53:53"},
		"grpclb:///service.example.com?dns=[::1]:54":     {service: service, fallback: true, config: true, dns: "[::1]:54"},
		"grpclb:///service.example.com?dns=::1":          {service: service, fallback: true, config: true, dns: "[::1]:53"},
		"grpclb:///service.example.com?refresh=1m30s":    {service: service, fallback: true, config: true, refresh: 90 * time.Second},
		"grpclb://[::1]:80/service.example.com":          {service: service, fallback: true, config: true, balancers: []hostPort{{"::1", 80}}},
		"grpclb:///service.example.com?balancer=a%3A80":  {service: service, fallback: true, config: true, balancers: []hostPort{{"a", 80}}},
		"grpclb:service.example.com?balancer=a:80":       {service: service, fallback: true, config: true, balancers: []hostPort{{"a", 80}}},
		"grpclb:///127.0.0.1?balancer=a:80&fallback=off": {service: hostPort{"127.0.0.1", 443}, config: true, balancers: []hostPort{{"a", 80}}},
		"grpclb://b:81/service.example.com?balancer=a:80&fallback=on&balancer=b:81&config=on": {
			service: service, fallback: true, config: true, balancers: []hostPort{{"b", 81}, {"a", 80}},
		},
	} {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := parse(*u); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, %v\nwant %+v", text, got, err, want)
		}
	}
}

// malformed are targets, and what their error says is wrong.
var malformed = map[string]string{
	"grpclb:":                              "it names no service; write grpclb:///service.example.com:443",
	"grpclb:///":                           "it names no service",
	"grpclb://":                            "it names no service",
	"grpclb://balancer.example.com:80":     "it names no service",
	"grpclb:///a/b":                        `service "a/b" has a slash`,
	"grpclb:///a/":                         `service "a/" has a slash`,
	"grpclb:///a%2Fb":                      `service "a/b" has a slash`,
	"grpclb:////a":                         `service "/a" has a slash`,
	"grpclb:///:443":                       "service: the host is missing",
	"grpclb:///.:443":                      `service: host "." is not a valid name`,
	"grpclb:///a:":                         `service: "a:" has no port, want host:port`,
	"grpclb:///a:0":                        `service: port "0" is not a number from 1 to 65535`,
	"grpclb:///a:65536":                    `service: port "65536" is not`,
	"grpclb:///a:-1":                       `service: port "-1" is not`,
	"grpclb:///a:https":                    `service: port "https" is not`,
	"grpclb:///a:80:81":                    `service: "a:80:81" is not host:port`,
	"grpclb:///[a]:80":                     `service: "a" is not an IPv6 address, so it must not be in brackets`,
	"grpclb:///[192.0.2.1]:80":             "must not be in brackets",
	"grpclb:///[1::g]:80":                  `service: host "1::g" is not an IPv6 address`,
	"grpclb:///a..b":                       `service: host "a..b" is not a valid name: part ""`,
	"grpclb:///a%20b":                      `service: host "a b" is not a valid name: part "a b"`,
	"grpclb:///a,b:80":                     `part "a,b" is not 1 to 63 letters, digits, hyphens and underscores`,
	"grpclb:///b%C3%BCcher.example":        `is not a valid name: part "bücher"`,
	"grpclb:///192.0.2.256":                `host "192.0.2.256" is not an IP address, and a name does not end in a number`,
	"grpclb:///" + strings.Repeat("a", 64): "is not a valid name",
	"grpclb:///" + strings.Repeat("a.", 127) + "b": "host name of 255 characters, more than 253",
	"grpclb://user@b:80/a":                         "it has a user name",
	"grpclb:///a#b":                                `it has a fragment, "#b"`,
	"grpclb://b/a":                                 `balancer: "b" has no port, want host:port`,
	"grpclb://192.0.2.53/a":                        `balancer: "192.0.2.53:" has no port`,
	"grpclb://:80/a":                               "balancer: the host is missing",
	"grpclb://b:0/a":                               `balancer: port "0" is not`,
	"grpclb:///a?balancer=":                        "balancer: it is empty, want host:port",
	"grpclb:///a?balancer=b":                       `balancer: "b" has no port`,
	"grpclb:///a?balancer=b:80,c:80":               `balancer: "b:80,c:80" is not host:port`,
	"grpclb:///a?fallback=no":                      `parameter fallback is "no", want on or off`,
	"grpclb:///a?fallback":                         `parameter fallback is "", want on or off`,
	"grpclb:///a?fallback=on&fallback=off":         "parameter fallback is given 2 times",
	"grpclb:///a?config={}":                        `parameter config is "{}", want on or off`,
	"grpclb:///a?dns=":                             "parameter dns: it is empty",
	"grpclb:///a?dns=b:x":                          `parameter dns: port "x" is not`,
	"grpclb:///a?dns=b&dns=c":                      "parameter dns is given 2 times",
	"grpclb:///a?refresh=5":                        `parameter refresh is "5", want a duration of at least 1s, as in 5m`,
	"grpclb:///a?refresh=-1s":                      "parameter refresh is",
	"grpclb:///a?refresh=5ms":                      "parameter refresh is",
	"grpclb:///a?refresh=0s":                       "parameter refresh is",
	"grpclb:///a?refresh=1s&refresh=2s":            "parameter refresh is given 2 times",
	"grpclb:///a?Balancer=b:80":                    `unknown parameter "Balancer"; the parameters are balancer, config, dns, fallback and refresh`,
	"grpclb:///a?balancers=b:80&balancer=x":        `balancer: "x" has no port`,
	"grpclb:///a?x=%zz":                            "parameters: ",
	"grpclb:///a?x=1;y=2":                          "parameters: ",
	"grpclb:///127.0.0.1?fallback=off":             "it can never be resolved: no SRV records are looked up for 127.0.0.1 and fallback is off, so it has to name a balancer",
	"grpclb:///localhost:80?fallback=off":          "it can never be resolved",
}

// The error names the target and what is wrong with it, and gRPC gets it from
// Build.
func TestTarget_Malformed(t *testing.T) {
	for text, want := range malformed {
		r, err := NewBuilder().Build(targetOf(t, text), newChannel(), resolver.BuildOptions{})
		if err == nil {
			r.Close()
			t.Errorf("%s: no error", text)
			continue
		}
		if !strings.HasPrefix(err.Error(), "lbresolver: target ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v\nwant %s in it", text, err, want)
		}
	}
}

// Any URL is refused or understood; what is understood can be looked up and
// dialled, and says the same when it is written out.
func FuzzTarget(f *testing.F) {
	for text := range malformed {
		f.Add(text)
	}
	f.Add("grpclb://b:81/service.example.com?balancer=[::1]:80&fallback=on&dns=::1&config=on&refresh=1h")
	f.Fuzz(func(t *testing.T, text string) {
		u, err := url.Parse(text)
		if err != nil {
			return
		}
		got, err := parse(*u)
		if err != nil {
			return
		}
		for _, h := range append(got.balancers, got.service) {
			again, err := parseHostPort(h.String(), "")
			if err != nil || again != h {
				t.Errorf("%q is read as %+v, %v", h, again, err)
			}
			if h.port == 0 || h.name() == "" || strings.HasSuffix(h.name(), ".") {
				t.Errorf("%+v can't be dialled", h)
			}
		}
		u, err = url.Parse(got.text())
		if err != nil {
			t.Fatal(err)
		}
		if again, err := parse(*u); err != nil || !reflect.DeepEqual(again, got) {
			t.Errorf("%+v is written %s and read as %+v, %v", got, got.text(), again, err)
		}
	})
}

// text writes a target out.
func (t target) text() string {
	query := url.Values{}
	for _, b := range t.balancers {
		query.Add("balancer", b.String())
	}
	if t.dns != "" {
		query.Set("dns", t.dns)
	}
	if t.refresh > 0 {
		query.Set("refresh", t.refresh.String())
	}
	for name, on := range map[string]bool{"fallback": t.fallback, "config": t.config} {
		query.Set(name, map[bool]string{true: "on", false: "off"}[on])
	}
	u := url.URL{Scheme: "grpclb", Path: "/" + t.service.String(), RawQuery: query.Encode()}
	return u.String()
}

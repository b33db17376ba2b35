package lbresolver

import (
	"errors"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/serviceconfig"

	"github.com/actorlb/grpclb/internal/dnstest"
)

// What the channel is told of a service config in DNS, of one that selects no
// policy, and of what counts as none.
func TestServiceConfig(t *testing.T) {
	for name, c := range map[string]struct {
		text string // of the TXT record; none if empty
		want string
	}{
		"none":             {want: ours},
		"of the service":   {`grpc_config=[{"serviceConfig":{"loadBalancingConfig":[{"x":{}}]}}]`, ` | config {"loadBalancingConfig":[{"x":{}}]}`},
		"without a policy": {`grpc_config=[{"serviceConfig":{"a":1}}]`, ` | config {"a":1,"loadBalancingConfig":[{"grpclb":{}}]}`},
		"for Java only":    {`grpc_config=[{"clientLanguage":["JAVA"],"serviceConfig":{"a":1}}]`, ours},
		"something else":   {`v=spf1 -all`, ours},
	} {
		t.Run(name, func(t *testing.T) {
			s := startDNS(t)
			s.Set(shop, dnstest.Host("10.0.1.1"))
			if c.text != "" {
				s.Set("_grpc_config."+shop, dnstest.TXT(c.text))
			}
			on, _ := resolve(t, "grpclb:///shop.example.com?config=on", s)
			on.expect(t, "addresses 10.0.1.1:443"+c.want)
			off, _ := resolve(t, "grpclb:///shop.example.com?config=off", s)
			off.expect(t, "addresses 10.0.1.1:443")
		})
	}
}

// A channel that wants none gets none, and DNS is not asked for one.
func TestServiceConfig_Disabled(t *testing.T) {
	s := startDNS(t)
	s.Set(shop, dnstest.Host("10.0.1.1"))
	s.Set("_grpc_config."+shop, dnstest.TXT(`grpc_config=[{"serviceConfig":{"a":1}}]`))
	c := newChannel()
	r, err := NewBuilder().Build(targetOf(t, at("grpclb:///shop.example.com", s)), c, resolver.BuildOptions{DisableServiceConfig: true})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c.expect(t, "addresses 10.0.1.1:443")
}

// One that DNS has had is not replaced by ours when DNS has none any more: the
// channel would go on with it, as for targets of the scheme dns.
func TestServiceConfig_Lost(t *testing.T) {
	s := startDNS(t)
	s.Set(shop, dnstest.Host("10.0.1.1"))
	s.Set("_grpc_config."+shop, dnstest.TXT(`grpc_config=[{"serviceConfig":{"loadBalancingConfig":[]}}]`))
	c, r := resolve(t, "grpclb:///shop.example.com", s, quick...)
	c.expect(t, `addresses 10.0.1.1:443 | config {"loadBalancingConfig":[]}`)
	s.Remove("_grpc_config." + shop)
	asked := s.Asked("_grpc_config."+shop, dnsmessage.TypeTXT)
	r.ResolveNow(resolver.ResolveNowOptions{})
	<-s.Await("_grpc_config."+shop, dnsmessage.TypeTXT, asked+1)
	s.Set(shop, dnstest.Host("10.0.1.2"))
	r.ResolveNow(resolver.ResolveNowOptions{})
	c.expect(t, `addresses 10.0.1.2:443 | config {"loadBalancingConfig":[]}`)
}

// One that is malformed takes nothing away either. At first it is told, so that
// calls fail with what is wrong with it, as for targets of the scheme dns.
func TestServiceConfig_Malformed(t *testing.T) {
	wrong := errors.New("malformed")
	good := &serviceConfig{text: "good", parsed: &serviceconfig.ParseResult{}}
	bad := &serviceConfig{text: "bad", parsed: &serviceconfig.ParseResult{Err: wrong}}
	c := newCore(target{service: hostPort{shop, 443}}, defaults, good)
	for _, step := range []struct{ found, want *serviceConfig }{{bad, bad}, {good, good}, {bad, good}, {nil, good}} {
		c.configured(time.Now(), step.found, nil)
		if c.config != step.want {
			t.Errorf("after %+v it has %+v, want %+v", step.found, c.config, step.want)
		}
	}
}

func TestWithPolicy(t *testing.T) {
	const policy = `"loadBalancingConfig":[{"grpclb":{}}]`
	for text, want := range map[string]string{
		`{}`:                                 `{` + policy + `}`,
		`{"a":[1, 2]}`:                       `{"a":[1,2],` + policy + `}`,
		`{"loadBalancingConfig":[{"x":{}}]}`: `{"loadBalancingConfig":[{"x":{}}]}`,
		`{"loadbalancingpolicy":"x"}`:        `{"loadbalancingpolicy":"x"}`,
		`{"LoadBalancingConfig":null}`:       `{` + policy + `}`,
		`{"loadBalancingPolicy":null,"retryThrottl":{}}`: `{` + policy + `,"retryThrottl":{}}`,
		`null`:  `{` + policy + `}`,
		`[1]`:   `[1]`,
		`{"a":`: `{"a":`,
		``:      ``,
	} {
		if got := withPolicy(text); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

// The first service config of a record that is for this client counts (gRFC A2).
func TestServiceConfig_Choice(t *testing.T) {
	c := client{host: "here", percent: 49}
	for record, want := range map[string]string{
		`grpc_config=[{"serviceConfig":{"a":1}},{"serviceConfig":{"a":2}}]`:                                 `{"a":1}`,
		`grpc_config=[{"clientLanguage":["JAVA","GO"],"serviceConfig":{"a":1}}]`:                            `{"a":1}`,
		`grpc_config=[{"clientLanguage":["go"],"serviceConfig":{"a":1}},{"serviceConfig":{"a":2}}]`:         `{"a":2}`,
		`grpc_config=[{"clientLanguage":[],"serviceConfig":{"a":1}}]`:                                       ``,
		`grpc_config=[{"clientHostName":["there","here"],"serviceConfig":{"a":1}}]`:                         `{"a":1}`,
		`grpc_config=[{"clientHostName":["there"],"serviceConfig":{"a":1}}]`:                                ``,
		`grpc_config=[{"percentage":49,"serviceConfig":{"a":1}},{"percentage":50,"serviceConfig":{"a":2}}]`: `{"a":2}`,
		`grpc_config=[{"percentage":0,"serviceConfig":{"a":1}}]`:                                            ``,
		`grpc_config=[{"percentage":100},{"serviceConfig":{"a":2}}]`:                                        `{"a":2}`,
		`grpc_config=[]`: ``,
		`grpc_config=`:   ``,
		`grpc_config`:    ``,
		` grpc_config=[{"serviceConfig":{"a":1}}]`: ``,
	} {
		if got, err := c.choose([]string{record}); got != want || err != nil {
			t.Errorf("%s: got %s, %v, want %s", record, got, err, want)
		}
	}
	if got, err := c.choose([]string{`grpc_config=[{"serviceConfig"`, `:{"a":1}}]`}); got != `{"a":1}` || err != nil {
		t.Errorf("of two strings: got %s, %v", got, err)
	}
	for _, record := range []string{`grpc_config={"serviceConfig":{}}`, `grpc_config=[{"percentage":"7"}]`, `grpc_config=[`} {
		if got, err := c.choose([]string{record}); err == nil || got != "" {
			t.Errorf("%s: got %s, %v, want an error", record, got, err)
		}
	}
	if p := thisClient().percent; p < 0 || p > 99 {
		t.Errorf("a channel's chance is %d", p)
	}
}

package lbresolver

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/dnstest"
)

const shopTXT = "_grpc_config." + shop

// What is of no use is not asked for, whatever DNS would say.
func TestResolve_Unused(t *testing.T) {
	for name, c := range map[string]struct {
		target  string
		options resolver.BuildOptions
		asked   []string // of SRV, A, TXT
		told    string
	}{
		"all":                {"grpclb:///shop.example.com", resolver.BuildOptions{}, []string{"SRV", "A", "TXT"}, withBalancer},
		"no fallback":        {"grpclb:///shop.example.com?fallback=off", resolver.BuildOptions{}, []string{"SRV", "TXT"}, "balancers 10.0.0.1:81 as a.example.com" + ours},
		"no config":          {"grpclb:///shop.example.com?config=off", resolver.BuildOptions{}, []string{"SRV", "A"}, strings.TrimSuffix(withBalancer, ours)},
		"config disabled":    {"grpclb:///shop.example.com", resolver.BuildOptions{DisableServiceConfig: true}, []string{"SRV", "A"}, strings.TrimSuffix(withBalancer, ours)},
		"given":              {"grpclb://10.0.0.1:81/shop.example.com", resolver.BuildOptions{}, []string{"A", "TXT"}, "balancers 10.0.0.1:81 as 10.0.0.1 | addresses 10.0.1.1:443" + ours},
		"given, and no more": {"grpclb://10.0.0.1:81/shop.example.com?fallback=off&config=off", resolver.BuildOptions{}, nil, "balancers 10.0.0.1:81 as 10.0.0.1"},
		"an address":         {"grpclb:///10.0.1.1", resolver.BuildOptions{}, nil, fallbackOnly},
	} {
		t.Run(name, func(t *testing.T) {
			s := startDNS(t)
			s.Set(shop, dnstest.Host("10.0.1.1"))
			s.Set(shopSRV, dnstest.SRV(0, 0, 81, "a.example.com"))
			s.Set("a.example.com", dnstest.Host("10.0.0.1"))
			ch := newChannel()
			r, err := NewBuilder(quick...).Build(targetOf(t, at(c.target, s)), ch, c.options)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			ch.expect(t, c.told)
			var asked []string
			for _, q := range []struct {
				of, name string
				kind     dnsmessage.Type
			}{{"SRV", shopSRV, dnsmessage.TypeSRV}, {"A", shop, dnsmessage.TypeA}, {"TXT", shopTXT, dnsmessage.TypeTXT}} {
				if s.Asked(q.name, q.kind) > 0 {
					asked = append(asked, q.of)
				}
			}
			if strings.Join(asked, " ") != strings.Join(c.asked, " ") {
				t.Errorf("DNS was asked for %v, want %v", asked, c.asked)
			}
		})
	}
}

// Nor is it waited for: a balancer that needs no DNS is told at once.
func TestResolve_Unused_NotWaitedFor(t *testing.T) {
	silent := func(m *memory) { hangs(shop)(m); m.text = "hang" }
	inBubbleFor(t, "grpclb://10.0.0.1:81/shop.example.com?fallback=off&config=off", silent, func(b *bubble) {
		b.tells("balancers 10.0.0.1:81 as 10.0.0.1")
		b.until(time.Hour)
		b.ask()
		b.tells()
		b.lookedAt()
		b.were("addresses", &b.memory.service, nil)
		b.were("service configs", &b.memory.texts, nil)
	})
}

// Where the service config counts, it is waited for, but not for long.
func TestResolve_Unused_ServiceConfigLate(t *testing.T) {
	silent := func(m *memory) { m.text = "hang" }
	inBubbleFor(t, "grpclb://10.0.0.1:81/shop.example.com?fallback=off", silent, func(b *bubble) {
		b.until(patience - 1)
		b.tells()
		b.until(patience)
		b.tells("balancers 10.0.0.1:81 as 10.0.0.1" + ours)
	})
}

// A service config does not depend on addresses: it is found and used while those
// fail, or are late.
func TestResolve_ConfigAlone(t *testing.T) {
	const text = `{"loadBalancingConfig":[{"x":{}}]}`
	for _, trouble := range []func(*memory){fails(shop), hangs(shop), func(m *memory) { delete(m.hosts, shop) }} {
		setUp := func(m *memory) { trouble(m); m.text = `grpc_config=[{"serviceConfig":` + text + `}]` }
		inBubble(t, setUp, func(b *bubble) {
			b.until(patience)
			b.tells("balancers 10.0.0.1:81 as a.example.com | config " + text)
		})
	}
}

// And over DNS: for A and AAAA the server fails, and the TXT record counts.
func TestResolve_ConfigAlone_OverDNS(t *testing.T) {
	s := startDNS(t)
	s.Fail(shop, dnsmessage.RCodeServerFailure)
	s.Set(shopSRV, dnstest.SRV(0, 0, 81, "a.example.com"))
	s.Set("a.example.com", dnstest.Host("10.0.0.1"))
	s.Set(shopTXT, dnstest.TXT(`grpc_config=[{"serviceConfig":{"loadBalancingConfig":[{"x":{}}]}}]`))
	c, _ := resolve(t, "grpclb:///shop.example.com", s)
	c.expect(t, `balancers 10.0.0.1:81 as a.example.com | config {"loadBalancingConfig":[{"x":{}}]}`)
}

// The other way round: while the TXT record can't be found out, the policy has its
// defaults, and is told when it can.
func TestResolve_ConfigAlone_Failing(t *testing.T) {
	inBubble(t, func(m *memory) { m.text = "fail" }, func(b *bubble) {
		b.tells(withBalancer)
		b.change(func(m *memory) { m.text = `grpc_config=[{"serviceConfig":{"loadBalancingConfig":[{"x":{}}]}}]` })
		b.until(time.Second)
		b.tells(strings.TrimSuffix(withBalancer, ours) + ` | config {"loadBalancingConfig":[{"x":{}}]}`)
		b.change(func(m *memory) { m.text = "fail" })
		b.until(time.Minute)
		b.ask()
		b.until(12 * time.Hour)
		b.tells()
	})
}

package lbresolver

import (
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/dnstest"
)

// shopWith starts a DNS server with a balancer and a fallback address, and a
// resolver that was told of both.
func shopWith(t *testing.T) (*dnstest.Server, *channel, resolver.Resolver) {
	s := startDNS(t)
	s.Set(shop, dnstest.Host("10.0.1.1"))
	s.Set(shopSRV, dnstest.SRV(0, 0, 81, "a.example.com"))
	s.Set("a.example.com", dnstest.Host("10.0.0.1"))
	c, r := resolve(t, "grpclb:///shop.example.com", s, quick...)
	c.expect(t, "balancers 10.0.0.1:81 as a.example.com | addresses 10.0.1.1:443"+ours)
	return s, c, r
}

// What moves is found when the channel asks.
func TestChange_Moved(t *testing.T) {
	s, c, r := shopWith(t)
	s.Set("a.example.com", dnstest.Host("10.0.0.2"))
	s.Set(shop, dnstest.Host("10.0.1.2"))
	r.ResolveNow(resolver.ResolveNowOptions{})
	c.await(t, "balancers 10.0.0.2:81 as a.example.com | addresses 10.0.1.2:443"+ours)
}

// DNS's word that there are none takes the balancers away.
func TestChange_BalancersGone(t *testing.T) {
	for name, say := range map[string]func(*dnstest.Server){
		"no such name":         func(s *dnstest.Server) { s.Remove(shopSRV) },
		"no records":           func(s *dnstest.Server) { s.Set(shopSRV) },
		"none of them exists":  func(s *dnstest.Server) { s.Remove("a.example.com") },
		"no service, it is ''": func(s *dnstest.Server) { s.Set(shopSRV, dnstest.SRV(0, 0, 0, ".")) },
	} {
		t.Run(name, func(t *testing.T) {
			s, c, r := shopWith(t)
			say(s)
			r.ResolveNow(resolver.ResolveNowOptions{})
			c.await(t, "addresses 10.0.1.1:443"+ours)
		})
	}
}

// A failure to find out does not. The addresses change so that there is
// something to be told; by then the look-up has failed more than once.
func TestChange_FailureKeepsBalancers(t *testing.T) {
	for name, failing := range map[string]string{"SRV records": shopSRV, "the only balancer": "a.example.com"} {
		t.Run(name, func(t *testing.T) {
			s, c, r := shopWith(t)
			asked, kind := s.Asked(failing, dnsmessage.TypeSRV), dnsmessage.TypeSRV
			if failing != shopSRV {
				asked, kind = s.Asked(failing, dnsmessage.TypeA), dnsmessage.TypeA
			}
			s.Fail(failing, dnsmessage.RCodeServerFailure)
			r.ResolveNow(resolver.ResolveNowOptions{})
			// A look-up that fails asks no more than 20 times; so several have failed.
			<-s.Await(failing, kind, asked+50)
			s.Set(shop, dnstest.Host("10.0.1.2"))
			for {
				r.ResolveNow(resolver.ResolveNowOptions{})
				got := c.next(t).String()
				if !strings.HasPrefix(got, "balancers 10.0.0.1:81 as a.example.com | ") {
					t.Fatalf("got %s", got)
				}
				if strings.Contains(got, "10.0.1.2:443") {
					return
				}
			}
		})
	}
}

// Balancers that could not be found at first come when they can be.
func TestChange_Recovers(t *testing.T) {
	s := startDNS(t)
	s.Set(shop, dnstest.Host("10.0.1.1"))
	s.Fail(shopSRV, dnsmessage.RCodeRefused)
	s.Set("a.example.com", dnstest.Host("10.0.0.1"))
	c, _ := resolve(t, "grpclb:///shop.example.com", s, quick...)
	c.expect(t, "addresses 10.0.1.1:443"+ours)
	s.Set(shopSRV, dnstest.SRV(0, 0, 81, "a.example.com"))
	c.expect(t, "balancers 10.0.0.1:81 as a.example.com | addresses 10.0.1.1:443"+ours)
}

// Balancers alone will do, whether there are no addresses or they can't be
// found out.
func TestChange_NoFallback(t *testing.T) {
	for name, say := range map[string]func(*dnstest.Server){
		"none":    func(s *dnstest.Server) { s.Remove(shop) },
		"failing": func(s *dnstest.Server) { s.Fail(shop, dnsmessage.RCodeServerFailure) },
	} {
		t.Run(name, func(t *testing.T) {
			s := startDNS(t)
			say(s)
			s.Set(shopSRV, dnstest.SRV(0, 0, 81, "a.example.com"))
			s.Set("a.example.com", dnstest.Host("10.0.0.1"))
			c, _ := resolve(t, "grpclb:///shop.example.com", s)
			c.expect(t, "balancers 10.0.0.1:81 as a.example.com"+ours)
		})
	}
}

// Only where there is nothing at all the channel is told an error, with what is
// wrong; and what there is as soon as there is.
func TestChange_Nothing(t *testing.T) {
	for name, c := range map[string]struct {
		target string
		say    func(*dnstest.Server)
		want   string
	}{
		"none": {
			"grpclb:///shop.example.com", func(*dnstest.Server) {},
			"error lbresolver: no balancers for shop.example.com:443 (DNS has none) and no addresses to fall back to (DNS has none)",
		},
		"none, and no fallback wanted": {
			"grpclb:///shop.example.com?fallback=off", func(s *dnstest.Server) { s.Set(shop, dnstest.Host("10.0.1.1")) },
			"error lbresolver: no balancers for shop.example.com:443: DNS has none",
		},
		"failing": {
			"grpclb:///shop.example.com", func(s *dnstest.Server) {
				s.Fail(shop, dnsmessage.RCodeServerFailure)
				s.Fail(shopSRV, dnsmessage.RCodeServerFailure)
			},
			"error lbresolver: no balancers for shop.example.com:443 (SRV records of shop.example.com: lookup ",
		},
		"given, but gone": {
			"grpclb://balancer.example.com:8080/shop.example.com", func(*dnstest.Server) {},
			"error lbresolver: no balancers for shop.example.com:443 (addresses of balancer.example.com: lookup ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := startDNS(t)
			c.say(s)
			ch, _ := resolve(t, c.target, s, quick...)
			if got := ch.next(t).String(); !strings.HasPrefix(got, c.want) {
				t.Fatalf("got  %s\nwant %s…", got, c.want)
			}
			s.Set(shopSRV, dnstest.SRV(0, 0, 8080, "balancer.example.com"))
			s.Set("balancer.example.com", dnstest.Host("10.0.0.1"))
			s.Set(shop)
			ch.await(t, "balancers 10.0.0.1:8080 as balancer.example.com"+ours)
		})
	}
}

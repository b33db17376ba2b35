package lbresolver

import (
	"context"
	"net"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/dnstest"
)

// Every address of the balancer's name; the fallback addresses are the
// service's. SRV records, though there are some, are not looked up.
func TestGiven(t *testing.T) {
	s := startDNS(t)
	s.Set(shop, dnstest.Host("10.0.1.1"))
	s.Set(shopSRV, dnstest.SRV(0, 0, 81, "a.example.com"))
	s.Set("balancer.example.com", dnstest.Host("10.0.0.1"), dnstest.Host("10.0.0.2"))
	c, _ := resolve(t, "grpclb://balancer.example.com:8080/shop.example.com:443", s)
	c.expectSet(t, "balancers 10.0.0.1:8080 as balancer.example.com, 10.0.0.2:8080 as balancer.example.com | addresses 10.0.1.1:443"+ours)
	if s.Asked(shopSRV, dnsmessage.TypeSRV) != 0 {
		t.Error("SRV records were looked up")
	}
}

// Several, each once. Addresses are not looked up.
func TestGiven_Repeated(t *testing.T) {
	s := startDNS(t)
	s.Set("balancer.example.com", dnstest.Host("10.0.0.1"))
	c, _ := resolve(t, "grpclb://balancer.example.com.:8080/shop.example.com"+
		"?balancer=[2001:db8::1]:81&balancer=10.0.0.3:82&balancer=balancer.example.com.:8080", s)
	c.expectSet(t, "balancers 10.0.0.1:8080 as balancer.example.com, 10.0.0.3:82 as 10.0.0.3, [2001:db8::1]:81 as 2001:db8::1"+ours)
}

// A parameter is enough. One name that does not exist costs only itself.
func TestGiven_ByParameter(t *testing.T) {
	s := startDNS(t)
	s.Set("balancer.example.com", dnstest.Host("10.0.0.1"))
	c, _ := resolve(t, "grpclb:///shop.example.com?balancer=gone.example.com:80&balancer=balancer.example.com:81", s)
	c.expect(t, "balancers 10.0.0.1:81 as balancer.example.com"+ours)
}

// A name that was given is looked up until it exists: without it, the target
// would have been written otherwise.
func TestGiven_Gone(t *testing.T) {
	s := startDNS(t)
	s.Set(shop, dnstest.Host("10.0.1.1"))
	c, _ := resolve(t, "grpclb://balancer.example.com:8080/shop.example.com", s, quick...)
	c.expect(t, "addresses 10.0.1.1:443"+ours)
	s.Set("balancer.example.com", dnstest.Host("10.0.0.1"))
	c.await(t, "balancers 10.0.0.1:8080 as balancer.example.com | addresses 10.0.1.1:443"+ours)
}

// For a service that is an address, too.
func TestGiven_ServiceAddress(t *testing.T) {
	s := startDNS(t)
	s.Set("balancer.example.com", dnstest.Host("10.0.0.1"))
	c, _ := resolve(t, "grpclb://balancer.example.com:8080/[2001:db8::7]:443", s)
	c.expect(t, "balancers 10.0.0.1:8080 as balancer.example.com | addresses [2001:db8::7]:443"+ours)
}

func TestFallbackOff(t *testing.T) {
	s := startDNS(t)
	s.Set(shop, dnstest.Host("10.0.1.1"))
	s.Set(shopSRV, dnstest.SRV(0, 0, 81, "a.example.com"))
	s.Set("a.example.com", dnstest.Host("10.0.0.1"))
	c, _ := resolve(t, "grpclb:///shop.example.com?fallback=off", s)
	c.expect(t, "balancers 10.0.0.1:81 as a.example.com"+ours)
}

// The builder's net.Resolver looks up balancers where the target names no DNS
// server, and only there.
func TestWithNetResolver(t *testing.T) {
	builders, targets := startDNS(t), startDNS(t)
	builders.Set("balancer.example.com", dnstest.Host("10.0.0.1"))
	targets.Set("balancer.example.com", dnstest.Host("10.0.0.2"))
	option := WithNetResolver(&net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, builders.Addr())
	}})
	const target = "grpclb://balancer.example.com:8080/10.0.1.1:443"

	c := newChannel()
	r, err := NewBuilder(option).Build(targetOf(t, target), c, resolver.BuildOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c.expect(t, "balancers 10.0.0.1:8080 as balancer.example.com | addresses 10.0.1.1:443"+ours)

	c, _ = resolve(t, target, targets, option)
	c.expect(t, "balancers 10.0.0.2:8080 as balancer.example.com | addresses 10.0.1.1:443"+ours)
}

package lbresolver

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/dnstest"
)

const (
	shop    = "shop.example.com"
	shopSRV = "_grpclb._tcp.shop.example.com"
)

// By priority, as their SRV targets without the dot; the service's own
// addresses with the target's port.
func TestSRV(t *testing.T) {
	s := startDNS(t)
	s.Set(shop, dnstest.Host("10.0.1.1"))
	s.Set(shopSRV, dnstest.SRV(2, 0, 82, "b.example.com"), dnstest.SRV(1, 0, 81, "a.example.com"))
	s.Set("a.example.com", dnstest.Host("10.0.0.1"))
	s.Set("b.example.com", dnstest.Host("10.0.0.2"))
	c, _ := resolve(t, "grpclb:///shop.example.com:8443", s)
	c.expect(t, "balancers 10.0.0.1:81 as a.example.com, 10.0.0.2:82 as b.example.com | addresses 10.0.1.1:8443"+ours)
}

// Without slashes, and without a port.
func TestSRV_ShortTarget(t *testing.T) {
	s := startDNS(t)
	s.Set(shop, dnstest.Host("10.0.1.1"))
	s.Set(shopSRV, dnstest.SRV(0, 0, 81, "a.example.com"))
	s.Set("a.example.com", dnstest.Host("10.0.0.1"))
	c, _ := resolve(t, "grpclb:shop.example.com", s)
	c.expect(t, "balancers 10.0.0.1:81 as a.example.com | addresses 10.0.1.1:443"+ours)
}

// Every address of a name counts, of either kind.
func TestSRV_IPv6(t *testing.T) {
	s := startDNS(t)
	s.Set(shop, dnstest.Host("2001:db8::1:1"))
	s.Set(shopSRV, dnstest.SRV(0, 0, 81, "a.example.com"))
	s.Set("a.example.com", dnstest.Host("10.0.0.1"), dnstest.Host("2001:db8::1"))
	c, _ := resolve(t, "grpclb:///shop.example.com", s)
	c.expectSet(t, "balancers 10.0.0.1:81 as a.example.com, [2001:db8::1]:81 as a.example.com | addresses [2001:db8::1:1]:443"+ours)
}

// Names that don't exist, that DNS fails to look up and that mean "none", and
// ports that can't be dialled, cost themselves.
func TestSRV_UnresolvableTargets(t *testing.T) {
	s := startDNS(t)
	s.Set(shopSRV,
		dnstest.SRV(1, 0, 81, "gone.example.com"),
		dnstest.SRV(2, 0, 82, "failing.example.com"),
		dnstest.SRV(3, 0, 83, "."),
		dnstest.SRV(4, 0, 0, "a.example.com"),
		dnstest.SRV(5, 0, 85, "a.example.com"))
	s.Fail("failing.example.com", dnsmessage.RCodeServerFailure)
	s.Set("a.example.com", dnstest.Host("10.0.0.1"))
	c, _ := resolve(t, "grpclb:///shop.example.com", s, quick...)
	c.expect(t, "balancers 10.0.0.1:85 as a.example.com"+ours)
	if s.Asked(".", dnsmessage.TypeA) != 0 {
		t.Error("the root was looked up as if it were a balancer")
	}

	// It is the failure that is worth another look-up.
	s.Set("failing.example.com", dnstest.Host("10.0.0.2"))
	c.await(t, "balancers 10.0.0.2:82 as failing.example.com, 10.0.0.1:85 as a.example.com"+ours)
}

// A set that is too large for a packet.
func TestSRV_Many(t *testing.T) {
	s := startDNS(t)
	var records []dnstest.Record
	var want []string
	for i := range 60 {
		name := fmt.Sprintf("balancer-%d.example.com", i)
		records = append(records, dnstest.SRV(uint16(i), 0, 81, name))
		s.Set(name, dnstest.Host(fmt.Sprintf("10.0.0.%d", i)))
		want = append(want, fmt.Sprintf("10.0.0.%d:81 as %s", i, name))
	}
	s.Set(shopSRV, records...)
	c, _ := resolve(t, "grpclb:///shop.example.com", s)
	c.expect(t, "balancers "+strings.Join(want, ", ")+ours)
}

// A target that stands there twice, and an address that two targets have, as
// two names.
func TestSRV_Repeated(t *testing.T) {
	s := startDNS(t)
	s.Set(shopSRV, dnstest.SRV(1, 0, 81, "a.example.com"), dnstest.SRV(2, 0, 81, "a.example.com"), dnstest.SRV(3, 0, 81, "b.example.com"))
	s.Set("a.example.com", dnstest.Host("10.0.0.1"))
	s.Set("b.example.com", dnstest.Host("10.0.0.1"))
	c, _ := resolve(t, "grpclb:///shop.example.com", s)
	c.expect(t, "balancers 10.0.0.1:81 as a.example.com, 10.0.0.1:81 as b.example.com"+ours)
}

// Fallback addresses alone will do: when there are no SRV records, or the one
// that says so, or when none of their targets exists.
func TestSRV_None(t *testing.T) {
	for name, records := range map[string][]dnstest.Record{
		"no records": nil,
		"no service": {dnstest.SRV(0, 0, 0, ".")},
		"dangling":   {dnstest.SRV(0, 0, 81, "gone.example.com")},
	} {
		t.Run(name, func(t *testing.T) {
			s := startDNS(t)
			s.Set(shop, dnstest.Host("10.0.1.1"))
			s.Set(shopSRV, records...)
			c, _ := resolve(t, "grpclb:///shop.example.com", s)
			c.expect(t, "addresses 10.0.1.1:443"+ours)
		})
	}
}

// SRV records are looked up for no address and not for this machine.
func TestSRV_NotForAddresses(t *testing.T) {
	for service, want := range map[string]string{
		"127.0.0.1:8443":       "addresses 127.0.0.1:8443" + ours,
		"[2001:db8::1]:8443":   "addresses [2001:db8::1]:8443" + ours,
		"2001:db8::1":          "addresses [2001:db8::1]:443" + ours,
		"localhost:8443":       "",
		"LocalHost.:8443":      "",
		"shop.localhost.:8443": "addresses 10.0.1.1:8443" + ours,
	} {
		s := startDNS(t)
		s.Set("shop.localhost", dnstest.Host("10.0.1.1"))
		host := strings.TrimSuffix(service, ":8443")
		c, _ := resolve(t, "grpclb:///"+service, s)
		if got := c.next(t); want != "" && got.String() != want {
			t.Errorf("%s: got %s, want %s", service, got, want)
		}
		if n := s.Asked("_grpclb._tcp."+host, dnsmessage.TypeSRV); n != 0 {
			t.Errorf("%s: SRV records were looked up", service)
		}
	}
}

// A counting takes the place of a net.Resolver and counts what it is asked for.
type counting struct{ srv int }

func (c *counting) LookupSRV(context.Context, string, string, string) (string, []*net.SRV, error) {
	c.srv++
	return "", nil, errAbsent
}

func (*counting) LookupHost(context.Context, string) ([]string, error) { return nil, errAbsent }

// Go's resolver sends no query for some of these names, whoever asks it.
func TestSRV_NotForAddressesByCount(t *testing.T) {
	for service, want := range map[string]int{
		"127.0.0.1:8443": 0, "[2001:db8::1]:8443": 0, "2001:db8::1": 0, "localhost": 0, "LocalHost.:8443": 0,
		"shop.example.com": 1, "shop.localhost.example.com:8443": 1,
	} {
		u, err := url.Parse("grpclb:///" + service)
		if err != nil {
			t.Fatal(err)
		}
		target, err := parse(*u)
		if err != nil {
			t.Fatal(err)
		}
		c := new(counting)
		finder{c, target}.look(t.Context())
		if c.srv != want {
			t.Errorf("%s: SRV records are looked up %d times, want %d", service, c.srv, want)
		}
	}
}

// Importing the package turns SRV look-ups on for no other target.
func TestSRV_OnlyForTheScheme(t *testing.T) {
	s := startDNS(t)
	s.Set(shop, dnstest.Host("10.0.1.1"))
	c := newChannel()
	r, err := resolver.Get("dns").Build(targetOf(t, "dns://"+s.Addr()+"/shop.example.com"), c, resolver.BuildOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c.next(t)
	if n := s.Asked(shopSRV, dnsmessage.TypeSRV); n != 0 {
		t.Error("SRV records were looked up")
	}
}

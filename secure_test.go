package grpclb_test

import (
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer/grpclb/state"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// asShop are the ways to give a channel to lbtest.Service the authority of
// another name.
var asShop = map[string]func(*site) []grpc.DialOption{
	"WithAuthority": func(*site) []grpc.DialOption { return []grpc.DialOption{grpc.WithAuthority("shop.test")} },
	"credentials": func(s *site) []grpc.DialOption {
		return []grpc.DialOption{grpc.WithTransportCredentials(s.ca.clientNamed("shop.test"))}
	},
	"both": func(s *site) []grpc.DialOption {
		return []grpc.DialOption{grpc.WithTransportCredentials(s.ca.clientNamed("shop.test")), grpc.WithAuthority("shop.test")}
	},
}

// The resolver may give the balancer a name, and the certificate has one.
func TestSecure_BalancerName(t *testing.T) {
	for name, c := range map[string]struct {
		resolved, certified string
		right               bool
	}{
		"its own":                      {"lb.test", "lb.test", true},
		"its own, as SRV records have": {"lb.test.", "lb.test", true},
		"the channel's":                {"", lbtest.Service, true},
		"another":                      {"lb.test", "evil.test", false},
		"the channel's, not its own":   {"lb.test", lbtest.Service, false},
		"its own, which nobody told":   {"", "lb.test", false},
		"the made-up target's":         {"", "balancers", false},
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(s *site) { s.authenticates(c.resolved, c.certified, c.right) })
		})
	}
}

// authenticates shows that a balancer of which the resolver says that it has
// one name, and the certificate that it has another, is believed or not. One
// that is not believed gets no call, and the fallback backend gets them all.
func (s *site) authenticates(resolved, certified string, right bool, options ...grpc.DialOption) {
	s.Helper()
	s.dial(options...)
	names := []string{lbtest.Service, "shop.test"} // whatever the channel's is
	first := lbtest.NewBackend(s.TB, s.network, 1, s.ca.server(names...))
	second := lbtest.NewBackend(s.TB, s.network, 2, s.ca.server(names...))
	lb := s.balancer(certified)
	s.resolve(lb, resolved, second)
	if right {
		lb.Next().List(servers(first)...)
		s.served(1)
		return
	}
	s.served(2)
	same(s, "calls that the balancer got", lb.Calls(), 0)
}

// The channel's name may have been overridden. That does not touch a name that
// the balancer has itself.
func TestSecure_BalancerName_Authority(t *testing.T) {
	for way, options := range asShop {
		t.Run(way, func(t *testing.T) {
			for name, c := range map[string]struct {
				resolved, certified string
				right               bool
			}{
				"the channel's":      {"", "shop.test", true},
				"the target's":       {"", lbtest.Service, false},
				"its own":            {"lb.test", "lb.test", true},
				"not its own at all": {"lb.test", "shop.test", false},
			} {
				t.Run(name, func(t *testing.T) {
					everywhere(t, func(s *site) { s.authenticates(c.resolved, c.certified, c.right, options(s)...) })
				})
			}
		})
	}
}

// A bundle may have a server name of its own, for the balancer. It is not that
// of the channel, so it is no name to go by.
func TestSecure_BalancerName_OfABundle(t *testing.T) {
	for certified, right := range map[string]bool{lbtest.Service: true, "bundle.test": false} {
		everywhere(t, func(s *site) {
			bundle := twoModes(s.ca.clientNamed("bundle.test"), s.ca.client(), s.ca.client())
			s.authenticates("", certified, right, bundle.dial()...)
		})
	}
}

// Calls say why there is no balancer.
func TestSecure_BalancerName_Reason(t *testing.T) {
	everywhere(t, func(s *site) {
		s.dial()
		s.resolve(s.balancer("evil.test"), "lb.test")
		s.fails("fallback", "balancer", "evil.test, not lb.test")
	})
}

func TestSecure_BalancerName_UnknownAuthority(t *testing.T) {
	everywhere(t, func(s *site) {
		s.dial()
		lb := lbtest.NewBalancer(s.TB, s.network, newCA(s.TB).server(lbtest.Service))
		s.resolve(lb, "", s.backend(2))
		s.served(2)
		same(s, "calls that the balancer got", lb.Calls(), 0)
	})
}

// A backend of a list has to have the channel's name, whatever else it has.
func TestSecure_BackendName(t *testing.T) {
	for name, c := range map[string]struct {
		certified string
		right     bool
	}{
		"the channel's":  {lbtest.Service, true},
		"another":        {"evil.test", false},
		"the balancer's": {"lb.test", false},
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(s *site) { s.authenticatesBackend(c.certified, lbtest.Service, c.right) })
		})
	}
}

func TestSecure_BackendName_Authority(t *testing.T) {
	for way, options := range asShop {
		t.Run(way, func(t *testing.T) {
			everywhere(t, func(s *site) { s.authenticatesBackend("shop.test", "shop.test", true, options(s)...) })
			everywhere(t, func(s *site) { s.authenticatesBackend(lbtest.Service, "shop.test", false, options(s)...) })
		})
	}
}

// authenticatesBackend shows that a backend of a list with a certificate for
// one name is believed, or not, to have another.
func (s *site) authenticatesBackend(certified, want string, right bool, options ...grpc.DialOption) {
	s.Helper()
	s.dial(options...)
	lb, backend := s.balancer("lb.test"), s.backendNamed(1, certified)
	s.resolve(lb, "lb.test")
	lb.Next().List(servers(backend)...)
	if right {
		s.served(1)
		return
	}
	s.fails("using the balancer's server list", certified+", not "+want)
	same(s, "calls that the backend got", backend.Calls(), 0)
}

// A balancer, hostile or in error, sends calls to a server that is somebody
// else, though one with a certificate. It can make them fail, no more.
func TestSecure_BackendName_Redirect(t *testing.T) {
	everywhere(t, func(s *site) {
		s.dial()
		lb, good, evil := s.balancer("lb.test"), s.backend(1), s.backendNamed(2, "evil.test")
		s.resolve(lb, "lb.test", evil)
		call := lb.Next()
		call.List(servers(evil, good, evil)...)
		for range 5 {
			s.served(1)
		}
		call.List(servers(evil)...)
		s.becomes(connectivity.TransientFailure)
		s.fails("evil.test, not service.test")
		call.List(lbtest.Server(lb.Addr(), "to the balancer itself"))
		s.fails("Unavailable")
		same(s, "calls of another's", evil.Calls(), 0)
	})
}

// A plain-text server that a list names hears a handshake, which the channel's
// tap makes sure of, and no call.
func TestSecure_BackendName_PlainText(t *testing.T) {
	everywhere(t, func(s *site) {
		s.dial()
		lb, plain := s.balancer("lb.test"), lbtest.NewBackend(s.TB, s.network, 1)
		s.resolve(lb, "lb.test")
		lb.Next().List(servers(plain)...)
		s.fails("handshake")
		same(s, "calls that the backend got", plain.Calls(), 0)
	})
}

// The resolver may name a fallback backend, as it may without any balancer.
// That does not rub off on the same address in a list.
func TestSecure_BackendName_OfTheResolver(t *testing.T) {
	everywhere(t, func(s *site) {
		s.dial()
		b, lb := s.backendNamed(1, "one.test"), s.balancer(lbtest.Service)
		found := resolver.State{Addresses: []resolver.Address{{Addr: b.Addr(), ServerName: "one.test"}}}
		found = state.Set(found, &state.State{BalancerAddresses: []resolver.Address{lb.Address()}})
		if err := s.ch.Push(found); err != nil {
			s.Fatal(err)
		}
		call := lb.Next()
		call.Fallback()
		s.served(1)
		call.List(servers(b)...)
		s.becomes(connectivity.TransientFailure)
		s.fails("one.test, not service.test")
		same(s, "calls that the backend got", b.Calls(), 1)
	})
}

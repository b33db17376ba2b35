package grpclb_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb"
	"github.com/actorlb/grpclb/internal/lbtest"
)

// plainName is a policy that talks to its balancer in plain text, because
// whoever made it said so.
const plainName = "grpclb_plain"

func init() {
	balancer.Register(grpclb.NewBuilder(
		grpclb.WithName(plainName),
		grpclb.WithBalancerDialOptions(grpc.WithTransportCredentials(insecure.NewCredentials())),
	))
}

// secrets is what came with a call, joined by spaces.
func secrets(md metadata.MD) string { return strings.Join(md.Get(secretKey), " ") }

// backendsFrom are the ways to have calls sent to a backend that both the list
// and the resolver name.
var backendsFrom = map[string]func(*lbtest.Call, *lbtest.Backend){
	"list":     func(c *lbtest.Call, b *lbtest.Backend) { c.List(servers(b)...) },
	"fallback": func(c *lbtest.Call, _ *lbtest.Backend) { c.Fallback() },
}

// serve has a call served in each way, in a site of its own, and gives test
// what the balancer and the backend were told.
func serve(t *testing.T, options func(*site) []grpc.DialOption, test func(s *site, from string, lb, backend metadata.MD)) {
	t.Helper()
	for from, say := range backendsFrom {
		t.Run(from, func(t *testing.T) {
			everywhere(t, func(s *site) {
				s.dial(options(s)...)
				witness, seen := witness()
				lb, backend := s.balancer("lb.test"), s.backend(1, witness)
				s.resolve(lb, "lb.test", backend)
				call := lb.Next()
				say(call, backend)
				s.served(1)
				test(s, from, call.MD(), <-seen)
			})
		})
	}
}

// What identifies the user goes to backends of either kind, and not to the
// balancer, which has nothing to do with it.
func TestSecure_BalancerCreds_PerCall(t *testing.T) {
	options := func(*site) []grpc.DialOption {
		return []grpc.DialOption{grpc.WithPerRPCCredentials(secret("user's"))}
	}
	serve(t, options, func(s *site, _ string, lb, backend metadata.MD) {
		same(s, "secrets told to the balancer", secrets(lb), "")
		same(s, "secrets told to the backend", secrets(backend), "user's")
	})
}

// The secrets of a bundle likewise, and each kind of backend gets its own.
func TestSecure_BackendCreds_PerCall(t *testing.T) {
	options := func(s *site) []grpc.DialOption {
		return (&bundle{transport: s.ca.client(), secret: "fallback", modes: map[string]credentials.Bundle{
			balancerMode: &bundle{transport: s.ca.client(), secret: "balancer"},
			backendMode:  &bundle{transport: s.ca.client(), secret: "list"},
		}}).dial()
	}
	serve(t, options, func(s *site, from string, lb, backend metadata.MD) {
		same(s, "secrets told to the balancer", secrets(lb), "")
		same(s, "secrets told to the backend", secrets(backend), from)
	})
}

// The balancer, the backends of its lists and the fallback backends have their
// certificates from somebody different, whom one mode of the bundle believes.
func TestSecure_BackendCreds(t *testing.T) {
	for from, say := range backendsFrom {
		for _, by := range []string{"list", "fallback", "balancer"} {
			t.Run(from+" certified for "+by, func(t *testing.T) {
				everywhere(t, func(s *site) {
					cas := map[string]*ca{"list": newCA(s.TB), "fallback": newCA(s.TB), "balancer": s.ca}
					s.dial(twoModes(s.ca.client(), cas["list"].client(), cas["fallback"].client()).dial()...)
					lb, b := s.balancer("lb.test"), lbtest.NewBackend(s.TB, s.network, 1, cas[by].server(lbtest.Service))
					s.resolve(lb, "lb.test", b)
					say(lb.Next(), b)
					if by == from {
						s.served(1)
					} else {
						s.fails("unknown authority")
					}
				})
			})
		}
	}
}

// Without the mode there is no call to the balancer, nothing at all is sent to
// it, and calls say why unless they can be served in fallback.
func TestSecure_BalancerCreds_BundleWithout(t *testing.T) {
	for way, reason := range waysWithout {
		t.Run(way, func(t *testing.T) {
			everywhere(t, func(s *site) {
				s.dial(without(balancerMode, way, s.ca.client()).dial()...)
				lb := s.balancer("lb.test")
				s.resolve(lb, "lb.test")
				s.fails("fallback", "credentials bundle", "mode balancer", reason)
				s.resolve(lb, "lb.test", s.backend(2))
				s.becomes(connectivity.Ready)
				s.served(2)
				same(s, "calls that the balancer got", lb.Calls(), 0)
				same(s, "writes to the balancer", s.tap.writes(lb.Addr()), 0)
			})
		})
	}
}

// Without the other mode the list is of no use: its backends are sent nothing,
// calls say why, and fallback is as ever.
func TestSecure_BackendCreds_BundleWithout(t *testing.T) {
	for way, reason := range waysWithout {
		t.Run(way, func(t *testing.T) {
			everywhere(t, func(s *site) {
				s.dial(without(backendMode, way, s.ca.client()).dial()...)
				lb, first, second := s.balancer("lb.test"), s.backend(1), s.backend(2)
				s.resolve(lb, "lb.test", second)
				call := lb.Next()
				call.List(servers(first)...)
				s.fails("server list", "credentials bundle", "mode backend-from-balancer", reason)
				same(s, "writes to the backend of the list", s.tap.writes(first.Addr()), 0)
				call.Fallback()
				s.becomes(connectivity.Ready)
				s.served(2)
			})
		})
	}
}

// A channel without credentials is one that gRPC does not make. If it did, the
// balancer would not be called, and calls would fail with the reason.
func TestSecure_BalancerCreds_None(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := lbtest.NewMemory()
		lb, parent := lbtest.NewBalancer(t, n), lbtest.NewParent(t)
		p := grpclb.NewBuilder().Build(parent, balancer.BuildOptions{Dialer: n.Dial})
		t.Cleanup(p.Close)
		update(t, p, resolver.State{}, nil, lb.Address())
		parent.WaitState(connectivity.TransientFailure)
		_, err := parent.Pick(t.Context())
		contains(t, err.Error(), "fallback", "balancer", "transport security")
		same(t, "connections to the balancer", lb.Conns(), 0)
	})
}

// The builder's own options come last, so that its credentials are used for
// the balancer, in the place of ones that are and of ones that are not there.
func TestSecure_BalancerCreds_OfTheBuilder(t *testing.T) {
	for name, options := range map[string]func(*site) []grpc.DialOption{
		"not the channel's": func(*site) []grpc.DialOption { return nil },
		"not a bundle's":    func(s *site) []grpc.DialOption { return without(balancerMode, "an error", s.ca.client()).dial() },
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(s *site) {
				lb, b := lbtest.NewBalancer(s.TB, s.network), s.backend(1)
				s.tap.allowPlain(lb.Addr())
				s.dial(append(options(s), byPolicy(plainName))...)
				s.resolve(lb, "")
				lb.Next().List(servers(b)...)
				s.served(1)
			})
		})
	}
}

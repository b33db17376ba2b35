package grpclb_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// A site is a channel that dials over TLS, in a bubble or over sockets. Its
// tests wait for what they are told, and never for time to pass.
type site struct {
	testing.TB
	network lbtest.Network
	tap     *tap
	ca      *ca // that the channel believes
	ch      *lbtest.Channel

	// patience is how long a call may take. In a bubble that is less than the
	// policy waits for a list, so that no call is answered by fallback for want
	// of one. Over sockets it is waited for by a test that fails, no other.
	patience time.Duration
}

// everywhere runs test in a bubble and over sockets.
func everywhere(t *testing.T, test func(*site)) {
	t.Helper()
	t.Run("bubble", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { test(newSite(t, lbtest.NewMemory())) })
	})
	t.Run("loopback", func(t *testing.T) {
		s := newSite(t, lbtest.NewLoopback())
		s.patience = 30 * time.Second // the machine may be busy
		test(s)
	})
}

func newSite(t testing.TB, n lbtest.Network) *site {
	return &site{TB: t, network: n, tap: newTap(t, n), ca: newCA(t), patience: 5 * time.Second}
}

// dial makes the channel. The options may have other credentials.
func (s *site) dial(options ...grpc.DialOption) {
	s.Helper()
	s.ch = lbtest.NewChannel(s.TB, s.network, steady, append([]grpc.DialOption{
		grpc.WithIdleTimeout(0),
		grpc.WithTransportCredentials(s.ca.client()),
		grpc.WithContextDialer(s.tap.dial),
	}, options...)...)
}

// balancer starts a balancer that s.ca says has these names.
func (s *site) balancer(names ...string) *lbtest.Balancer {
	s.Helper()
	return lbtest.NewBalancer(s.TB, s.network, s.ca.server(names...))
}

// backend starts a backend with the channel's name.
func (s *site) backend(number int, options ...grpc.ServerOption) *lbtest.Backend {
	s.Helper()
	return s.backendNamed(number, lbtest.Service, options...)
}

func (s *site) backendNamed(number int, name string, options ...grpc.ServerOption) *lbtest.Backend {
	s.Helper()
	return lbtest.NewBackend(s.TB, s.network, number, append(options, s.ca.server(name))...)
}

// resolve has the resolver name a balancer, whose ServerName may be empty, and
// fallback backends.
func (s *site) resolve(lb *lbtest.Balancer, name string, fallback ...*lbtest.Backend) {
	s.Helper()
	var addrs []string
	for _, b := range fallback {
		addrs = append(addrs, b.Addr())
	}
	if err := s.ch.Resolve([]resolver.Address{{Addr: lb.Addr(), ServerName: name}}, addrs...); err != nil {
		s.Fatalf("resolver update: %v", err)
	}
}

// call makes a call and returns the number of the backend that answered, or
// its error.
func (s *site) call() string {
	ctx, cancel := context.WithTimeout(s.Context(), s.patience)
	defer cancel()
	answer, err := s.ch.Unary(ctx)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(answer.Backend)
}

// served fails the test unless a call is answered by backend number n.
func (s *site) served(n int) {
	s.Helper()
	same(s, "a call", s.call(), fmt.Sprint(n))
}

// fails fails the test unless a call ends with an error that has these words.
func (s *site) fails(words ...string) {
	s.Helper()
	contains(s, s.call(), append(words, "Unavailable")...)
}

// becomes waits until the channel is in a state.
func (s *site) becomes(want connectivity.State) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), s.patience)
	defer cancel()
	for state := s.ch.CC.GetState(); state != want; state = s.ch.CC.GetState() {
		if !s.ch.CC.WaitForStateChange(ctx, state) {
			s.Fatalf("the channel is %v, want %v", state, want)
		}
	}
}

// byPolicy has a channel use another policy than grpclb.
func byPolicy(name string) grpc.DialOption {
	return grpc.WithDefaultServiceConfig(`{"loadBalancingConfig":[{"` + name + `":{}}]}`)
}

// witness has a server tell the metadata of the calls it gets.
func witness() (grpc.ServerOption, <-chan metadata.MD) {
	seen := make(chan metadata.MD, 100)
	return grpc.UnaryInterceptor(func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		md, _ := metadata.FromIncomingContext(ctx)
		seen <- md
		return next(ctx, req)
	}), seen
}

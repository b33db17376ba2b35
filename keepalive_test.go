package grpclb_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb"
	"github.com/actorlb/grpclb/internal/lbtest"
)

// pingingName is a policy with a keepalive of its own.
const pingingName = "grpclb_pinging"

func init() {
	balancer.Register(grpclb.NewBuilder(
		grpclb.WithName(pingingName),
		grpclb.WithBalancerDialOptions(grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: time.Minute, Timeout: time.Second})),
	))
}

// alone runs test in a bubble, in a site whose balancer has sent a list and
// has nothing more to say.
func alone(t *testing.T, options []grpc.DialOption, test func(*site, *lbtest.Balancer, *lbtest.Call)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, lbtest.NewMemory())
		s.dial(options...)
		lb := s.balancer("lb.test")
		s.resolve(lb, "lb.test")
		call := lb.Next()
		call.List(servers(s.backend(1))...)
		s.served(1)
		test(s, lb, call)
	})
}

// A silent day: the balancer, whose server has gRPC's default enforcement, is
// pinged and takes no offence.
func TestSecure_Keepalive(t *testing.T) {
	alone(t, nil, func(s *site, lb *lbtest.Balancer, call *lbtest.Call) {
		before := s.tap.writes(lb.Addr())
		time.Sleep(24 * time.Hour)
		if over(call.Ended()) {
			s.Error("the call ended")
		}
		s.served(1)
		same(s, "balancer calls", lb.Calls(), 1)
		// The pings go out half a minute over the 5 min that a server asks for.
		same(s, "pings in a day", s.tap.writes(lb.Addr())-before, int(24*time.Hour/(330*time.Second)))
	})
}

// A balancer that is gone without a word is found out, at the pace of the
// default keepalive or of the builder's own, and called again. Besides the two
// times of the keepalive that takes gRPC's 5 s for a goodbye, and a jitter.
func TestSecure_Keepalive_DeadPeer(t *testing.T) {
	for name, c := range map[string]struct {
		options []grpc.DialOption
		found   time.Duration
	}{
		"default":    {nil, 350 * time.Second},
		"configured": {[]grpc.DialOption{byPolicy(pingingName)}, 61 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			alone(t, c.options, func(s *site, lb *lbtest.Balancer, _ *lbtest.Call) {
				s.tap.stall(lb.Addr())
				stalled := time.Now()
				lb.NextWithin(time.Hour)
				if took := time.Since(stalled); took < c.found || took > c.found+6*time.Second {
					s.Errorf("called again after %v, want %v or a little later", took, c.found)
				}
				s.served(1)
			})
		})
	}
}

// A channel that goes idle beside a stalled balancer closes its policy. No call
// waits for the goodbye to that balancer.
func TestState_Closed_StalledBalancer(t *testing.T) {
	alone(t, []grpc.DialOption{grpc.WithIdleTimeout(time.Minute)}, func(s *site, lb *lbtest.Balancer, call *lbtest.Call) {
		s.tap.stall(lb.Addr())
		time.Sleep(time.Minute)
		s.becomes(connectivity.Idle)
		start := time.Now()
		ctx, cancel := context.WithTimeout(s.Context(), 500*time.Millisecond)
		defer cancel()
		if _, err := s.ch.Unary(ctx); status.Code(err) != codes.DeadlineExceeded {
			s.Errorf("a call beside a stalled balancer: %v", err)
		}
		same(s, "time that the call took", time.Since(start), 500*time.Millisecond)
		s.ch.Close()
		same(s, "time to close", time.Since(start), 500*time.Millisecond)
		time.Sleep(5 * time.Second) // gRPC's for the goodbye
		same(s, "connections to the balancer", lb.Open(), 0)
	})
}

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

// strict is the default of gRPC's servers: a client that pings more often than every
// 5 min is sent away.
var strict = grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{})

// A silent hour beside a balancer with the default enforcement. It ends the call a few
// times, each time after twice as long, until gRPC's pings are as rare as it wants
// them. Calls go on, nobody falls back, and after that hour there is peace for a day.
func TestStream_Keepalive(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b, lb := w.backends(2), lbtest.NewBalancer(w.T, w.network, strict)
		w.resolveAll([]*lbtest.Balancer{lb}, b[1])
		for answered := 0; time.Since(w.start) < time.Hour; {
			if answered < lb.Calls() {
				w.send(lb.Next(), b[0])
				answered++
			}
			w.served(1)
			w.pause(time.Second)
		}
		same(w, "balancer streams in the first hour", lb.Calls(), 5)
		w.pause(24 * time.Hour)
		same(w, "balancer streams on the day after", lb.Calls(), 5)
		same(w, "connections to the fallback backend", b[1].Conns(), 0)
	})
}

// One that allows pings is left in peace, and pinged every 30 s.
func TestSecure_Keepalive(t *testing.T) {
	alone(t, nil, func(s *site, lb *lbtest.Balancer, call *lbtest.Call) {
		synctest.Wait() // until what the list's arrival has sent is counted
		before := s.tap.writes(lb.Addr())
		time.Sleep(24*time.Hour + 15*time.Second) // half-way between two pings
		if over(call.Ended()) {
			s.Error("the call ended")
		}
		s.served(1)
		same(s, "balancer streams", lb.Calls(), 1)
		same(s, "pings in a day", s.tap.writes(lb.Addr())-before, int(24*time.Hour/(30*time.Second)))
	})
}

// What the default was once, which no grpc-go server takes offence at.
func TestSecure_Keepalive_Rare(t *testing.T) {
	inBubble(t, `{"balancerKeepalive":{"time":"330s","timeout":"20s"}}`, func(w *world) {
		lb := lbtest.NewBalancer(w.T, w.network, strict)
		w.resolveAll([]*lbtest.Balancer{lb})
		w.send(lb.Next(), w.backends(1)...)
		w.pause(24 * time.Hour)
		same(w, "balancer streams in a day", lb.Calls(), 1)
	})
}

// vanish has the machine at an address say nothing any more, to nobody.
func (w *world) vanish(addr string) {
	w.network.Freeze(addr)
	w.network.Blackhole(addr, true)
}

// A frozen balancer is found out within the two times of the keepalive, and the next
// one is asked.
func TestStream_Keepalive_Frozen(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b, second := w.backends(3), w.balancer()
		w.resolveAll([]*lbtest.Balancer{w.lb, second}, b[2])
		w.send(w.answered(), b[0])
		w.served(1)
		w.pause(time.Minute)
		w.vanish(w.lb.Addr())
		frozen := time.Now()
		c := second.NextWithin(time.Hour)
		if took := c.Opened().Sub(frozen); took > 41*time.Second {
			w.Errorf("the next balancer was asked after %v", took)
		}
		w.served(1)
		w.send(c, b[1])
		w.served(2)
		same(w, "connections to the fallback backend", b[2].Conns(), 0)
	})
}

// A keepalive that changes holds from the next call on.
func TestStream_Keepalive_Changes(t *testing.T) {
	inBubble(t, `{"balancerKeepalive":{"time":"0s"}}`, func(w *world) {
		b := w.backends(1)
		c := w.connect()
		w.send(c, b[0])
		w.pause(2 * time.Second)
		if err := w.ch.Configure(`{"balancerKeepalive":{"time":"60s","timeout":"1s"}}`); err != nil {
			w.Fatal(err)
		}
		w.resolve()
		if over(c.Ended()) {
			w.Error("another keepalive ended a live call")
		}
		c.HangUp(nil)
		w.send(w.answered(), b[0])
		w.pause(2 * time.Second)
		w.network.Freeze(w.lb.Addr())
		frozen := time.Now()
		took := w.lb.NextWithin(time.Hour).Opened().Sub(frozen)
		if took < 59*time.Second || took > 82*time.Second {
			w.Errorf("called again after %v, want a little more than a minute, and the time to connect", took)
		}
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
		"default":    {nil, 40 * time.Second},
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

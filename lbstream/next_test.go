package lbstream

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// patience is what a balancer of these tests may take to say something.
const patience = 10 * time.Second

// patient serves these balancers, with patience.
func (b *bench) patient(balancers ...*lbtest.Balancer) {
	b.Helper()
	b.stream.Configure(Settings{Timeout: patience})
	var all []resolver.Address
	for _, lb := range balancers {
		all = append(all, lb.Address())
	}
	b.serve("shop", all...)
}

// Whatever the first balancer's stream ends with, the second is asked at once, and
// its stream is kept. The end is told, so that the resolver looks again; that nobody
// is left to ask is not.
func TestStream_Next(t *testing.T) {
	for name, how := range map[string]error{
		"hangs up":  nil,
		"not found": status.Error(codes.NotFound, "no such service"),
		"broken":    errors.New("out of order"),
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(b *bench) {
				first, second := b.balancer(), b.balancer()
				start := time.Now()
				b.patient(first, second)
				c := first.Next()
				c.Initial(0)
				c.HangUp(how)
				next := second.Next()
				b.same("time to the second balancer", next.Opened().Sub(start), 0)
				if s := b.now(); s.Ends != 1 || s.Rounds != 0 || s.Err == nil {
					t.Errorf("after the end: %+v", s)
				}
				next.List()
				b.now()
				time.Sleep(time.Hour)
				if over(next) || first.Calls() != 1 || first.Open() != 0 {
					t.Errorf("%d streams to the first balancer, %d connections", first.Calls(), first.Open())
				}
			})
		})
	}
}

// A balancer that says nothing is left after the time-out, one that says anything
// is not.
func TestStream_Next_Silent(t *testing.T) {
	inBubble(t, func(b *bench) {
		first, second := b.balancer(), b.balancer()
		b.patient(first, second)
		c := first.Next()
		next := second.NextWithin(time.Minute)
		b.same("time to the second balancer", next.Opened().Sub(c.Opened()), patience)
		if !over(c) {
			t.Error("the silent stream is still there")
		}
		if s := b.now(); s.Ends != 1 || s.Rounds != 0 || s.Err != silence(patience) {
			t.Errorf("after the silence: %+v", s)
		}
		next.Initial(0)
		time.Sleep(time.Hour)
		if over(next) {
			t.Error("a stream was given up on which the balancer has said something")
		}
	})
}

// The only balancer keeps its stream, however often it is named.
func TestStream_Next_OnlyOne(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb := b.balancer()
		b.patient(lb, lb)
		c := lb.Next()
		time.Sleep(time.Hour)
		if over(c) || lb.Calls() != 1 {
			t.Errorf("%d streams to a silent balancer", lb.Calls())
		}
		c.HangUp(nil)
		ended := time.Now()
		b.same("wait", lb.Next().Opened().Sub(ended), ladder[0])
		if lb.Conns() != 1 {
			t.Errorf("%d connections", lb.Conns())
		}
	})
}

// Only when all have been asked does the backoff come, and the next round begins
// with the first.
func TestStream_Next_Rounds(t *testing.T) {
	inBubble(t, func(b *bench) {
		lbs := []*lbtest.Balancer{b.balancer(), b.balancer(), b.balancer()}
		start := time.Now()
		b.patient(lbs...)
		var want time.Duration
		for round := range uint64(4) {
			for _, lb := range lbs {
				c := lb.NextWithin(time.Minute)
				b.same("time of a stream", c.Opened().Sub(start).Round(time.Microsecond), want)
				c.HangUp(nil)
				synctest.Wait()
			}
			if s := b.now(); s.Rounds != round+1 || s.Ends != 3*s.Rounds {
				t.Errorf("after round %d: %+v", round, s)
			}
			want += ladder[round]
		}
	})
}

// A list restores the order: when its balancer is gone, the first is asked first.
func TestStream_Next_ListRestoresTheOrder(t *testing.T) {
	inBubble(t, func(b *bench) {
		first, second, third := b.balancer(), b.balancer(), b.balancer()
		b.patient(first, second, third)
		first.Next().HangUp(nil)
		second.Next().HangUp(nil)
		third.Next().List()
		time.Sleep(2 * time.Second)
		third.Stop()
		c := first.NextWithin(time.Second)
		c.List()
		if second.Calls() != 1 || over(c) {
			t.Errorf("%d streams to the second", second.Calls())
		}
	})
}

// Other balancers restore it too, in the middle of a round; the same ones do not.
func TestStream_Next_AddressesRestoreTheOrder(t *testing.T) {
	inBubble(t, func(b *bench) {
		first, second := b.balancer(), b.balancer()
		b.patient(first, second)
		first.Next().HangUp(nil)
		c := second.Next()
		b.patient(second, first)
		b.patient(first, second)
		if over(c) || first.Calls() != 1 {
			t.Errorf("%d streams to the first for the same balancers in another order", first.Calls())
		}
		third := b.balancer()
		b.patient(third, first)
		if over(c) {
			t.Error("a live stream was ended by other balancers")
		}
		c.HangUp(nil)
		third.Next().HangUp(nil)
		first.Next()
		if second.Calls() != 1 || first.Calls() != 2 {
			t.Errorf("streams: %d, %d", first.Calls(), second.Calls())
		}
	})
}

// An address that is not that of the connection (a name, say) is found all the
// same: each end leaves one out.
func TestStream_Next_Names(t *testing.T) {
	inBubble(t, func(b *bench) {
		lbs := []*lbtest.Balancer{b.balancer(), b.balancer(), b.balancer()}
		b.stream.Configure(Settings{Timeout: patience})
		lbs[0].Stop() // refuses
		b.named = map[string]string{"lb0.test:80": lbs[0].Addr(), "lb1.test:80": lbs[1].Addr(), "lb2.test:80": lbs[2].Addr()}
		b.serve("shop", resolver.Address{Addr: "lb0.test:80"}, resolver.Address{Addr: "lb1.test:80"}, resolver.Address{Addr: "lb2.test:80"})
		start := time.Now()
		lbs[1].Next().HangUp(nil)
		lbs[1].Next().HangUp(nil) // was taken for the first
		c := lbs[2].Next()
		b.same("time to the third", c.Opened().Sub(start), 0)
		c.List()
		if s := b.now(); !s.Contact || s.Rounds != 0 {
			t.Errorf("with the third: %+v", s)
		}
	})
}

// A round in which one refuses, one is dark and one says no: each is tried once.
func TestStream_Next_Unreachable(t *testing.T) {
	inBubble(t, func(b *bench) {
		dark, lb := b.balancer(), b.balancer()
		b.network.Blackhole(dark.Addr(), true)
		b.stream.Configure(Settings{Timeout: patience})
		b.serve("shop", nobody, dark.Address(), lb.Address())
		c := lb.NextWithin(time.Minute)
		dials := b.network.Dials(dark.Addr())
		b.same("time spent on the dark one", c.Opened().Sub(dials[0]), 250*time.Millisecond) // gRPC's happy eyeballs
		c.HangUp(nil)
		synctest.Wait()
		// Those that were passed over are asked once more by themselves, and the round
		// is over when none can be connected to.
		for s := b.now(); s.Rounds == 0; s = b.status() {
			if s.Ends > 2 {
				t.Fatalf("%+v", s)
			}
		}
		if n := lb.Calls(); n != 1 {
			t.Errorf("%d streams in the first round", n)
		}
	})
}

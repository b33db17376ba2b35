package lbstream

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/internal/delay"
	"github.com/actorlb/grpclb/internal/lbtest"
)

// ladder is steady's: what is waited after the first stream that ended, the
// second and so on.
var ladder = []time.Duration{
	1 * time.Second, 1600 * time.Millisecond, 2560 * time.Millisecond, 4096 * time.Millisecond,
}

// hangUps answers and ends n streams in a row, with the error given by turns.
func hangUps(lb *lbtest.Balancer, n int, how ...error) (opened []time.Time) {
	for i := range n {
		c := lb.NextWithin(time.Hour)
		opened = append(opened, c.Opened())
		c.HangUp(how[i%len(how)])
	}
	return opened
}

// However a stream ends, it is the same to the backoff.
func TestRetry_Backoff(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb := b.balancer()
		b.serve("shop", lb.Address())
		opened := hangUps(lb, 5, nil, errors.New("busy"), status.Error(codes.NotFound, "shop?"))
		for i, want := range ladder {
			b.same("wait", opened[i+1].Sub(opened[i]).Truncate(time.Microsecond), want)
		}
		if lb.Conns() != 1 {
			t.Errorf("%d connections", lb.Conns())
		}
	})
}

// A refused connection is tried again when the backoff says so and at no other
// time; gRPC's own schedule for the channel has no part in it.
func TestRetry_Backoff_Refused(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.serve("shop", nobody)
		time.Sleep(10 * time.Second)
		dials := b.network.Dials(nobody.Addr)
		if len(dials) != 5 {
			t.Fatalf("dialled %d times in 10 s", len(dials))
		}
		for i, want := range ladder {
			b.same("wait", dials[i+1].Sub(dials[i]).Truncate(time.Microsecond), want)
		}
	})
}

// A stream that was told no figures does not spin.
func TestRetry_Backoff_Zero(t *testing.T) {
	inBubbleWith(t, backoff.Config{}, func(b *bench) {
		b.serve("shop", nobody)
		time.Sleep(3 * time.Second)
		if dials := b.network.Dials(nobody.Addr); len(dials) != 3 {
			t.Errorf("dialled %d times in 3 s", len(dials))
		}
	})
}

// A channel that has lost its balancer under a live stream, and tries to connect
// on gRPC's schedule, does not stay for the next one.
func TestRetry_Backoff_ChannelFailing(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb := b.balancer()
		c := b.connected(lb)
		b.serve("shop", nobody)
		before := len(b.network.Dials(nobody.Addr))
		end := time.Now()
		c.HangUp(nil)
		time.Sleep(10 * time.Second)
		dials := b.network.Dials(nobody.Addr)[before:]
		if len(dials) != len(ladder) {
			t.Fatalf("dialled %d times after the end", len(dials))
		}
		for i, want := range ladder {
			b.same("wait", dials[i].Sub(end).Truncate(time.Microsecond), want)
			end = dials[i]
		}
	})
}

func TestRetry_Backoff_Bound(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.serve("shop", nobody)
		time.Sleep(24 * time.Hour)
		dials := b.network.Dials(nobody.Addr)
		for i := 12; i < len(dials); i++ {
			b.same("wait", dials[i].Sub(dials[i-1]), 120*time.Second)
		}
		if len(dials) < 700 {
			t.Errorf("dialled %d times in a day", len(dials))
		}
	})
}

func TestRetry_Backoff_Jitter(t *testing.T) {
	inBubbleWith(t, backoff.DefaultConfig, func(b *bench) {
		b.serve("shop", nobody)
		time.Sleep(time.Hour)
		dials := b.network.Dials(nobody.Addr)
		plain := 0
		for i := 1; i < len(dials); i++ {
			wait, middle := dials[i].Sub(dials[i-1]), delay.After(steady, i-1, 0)
			if wait < middle*8/10 || wait > middle*12/10 {
				t.Errorf("wait %d: %v, want %v ±20 %%", i, wait, middle)
			}
			if wait == middle {
				plain++
			}
		}
		if plain > 1 {
			t.Errorf("%d of %d waits without jitter", plain, len(dials)-1)
		}
	})
}

// Figures that change hold from the next end of a stream on.
func TestRetry_Backoff_Changed(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.serve("shop", nobody)
		b.stream.SetBackoff(backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 3, MaxDelay: 500 * time.Millisecond})
		time.Sleep(2 * time.Second)
		dials := b.network.Dials(nobody.Addr)
		b.same("wait that had begun", dials[1].Sub(dials[0]), time.Second)
		b.same("second wait", dials[2].Sub(dials[1]), 300*time.Millisecond)
		b.same("third wait", dials[3].Sub(dials[2]), 500*time.Millisecond)
	})
}

// A stream that delivered and lived is reopened within 100 ms, and what went
// before it is forgotten.
func TestRetry_Healthy(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb := b.balancer()
		b.serve("shop", lb.Address())
		hangUps(lb, 3, nil)
		c := lb.Next()
		c.List()
		time.Sleep(time.Until(c.Opened().Add(time.Second + time.Millisecond)))
		end := time.Now()
		c.HangUp(nil)
		again := hangUps(lb, 2, nil)
		if wait := again[0].Sub(end); wait < 0 || wait >= 100*time.Millisecond {
			t.Errorf("reopened after %v", wait)
		}
		b.same("wait after a healthy stream and an unhealthy one", again[1].Sub(again[0]), time.Second)
		if lb.Conns() != 1 {
			t.Errorf("%d connections", lb.Conns())
		}
	})
}

// Not healthy: a stream that lived just as long as the first delay, and one that
// never said a list however long it lived.
func TestRetry_Healthy_Not(t *testing.T) {
	t.Run("short", func(t *testing.T) { unhealthy(t, time.Second, true) })
	t.Run("silent", func(t *testing.T) { unhealthy(t, time.Hour, false) })
}

func unhealthy(t *testing.T, lived time.Duration, delivers bool) {
	inBubble(t, func(b *bench) {
		lb := b.balancer()
		b.serve("shop", lb.Address())
		c := lb.Next()
		c.Initial(0)
		if delivers {
			c.List()
		}
		time.Sleep(lived)
		end := time.Now()
		c.HangUp(nil)
		b.same("wait", lb.Next().Opened().Sub(end), time.Second)
	})
}

// A balancer that answers and hangs up is called no more than five times in
// five seconds, whatever the jitter.
func TestRetry_Healthy_HangingUp(t *testing.T) {
	inBubbleWith(t, backoff.DefaultConfig, func(b *bench) {
		lb := b.balancer()
		b.serve("shop", lb.Address())
		start := time.Now()
		for time.Since(start) < 5*time.Second {
			c := lb.Next()
			c.Initial(0)
			c.List()
			c.HangUp(nil)
		}
		if n := lb.Calls() - 1; n > 5 || n < 3 { // the last came after five seconds
			t.Errorf("%d streams in 5 s", n)
		}
	})
}

// What the policy asks for re-resolution by: one more end for each end.
func TestRetry_Resolve(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.serve("shop", nobody)
		for n := range uint64(10) {
			if s := b.status(); s.Ends != n+1 {
				t.Errorf("end %d: %+v", n+1, s)
			}
		}
	})
}

func TestRetry_Resolve_ChangedSet(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb, other := b.balancer(), b.balancer()
		other.Stop()
		b.serve("shop", nobody)
		time.Sleep(500 * time.Millisecond)
		b.serve("shop", nobody)
		if n := len(b.network.Dials(nobody.Addr)); n != 1 {
			t.Errorf("an unchanged set was dialled, %d times in all", n)
		}
		b.serve("shop", nobody, other.Address())
		if len(b.network.Dials(nobody.Addr)) != 2 || len(b.network.Dials(other.Addr())) != 1 {
			t.Error("a changed set was not dialled")
		}
		b.serve("shop", other.Address(), nobody, other.Address())
		if n := len(b.network.Dials(other.Addr())); n != 1 {
			t.Errorf("the same set in another order was dialled, %d times in all", n)
		}
		b.serve("shop", lb.Address(), nobody)
		if lb.Calls() != 1 {
			t.Errorf("%d streams to the new balancer", lb.Calls())
		}
		// The waits that were cut short ring for nobody.
		time.Sleep(time.Minute)
		if lb.Calls() != 1 || len(b.network.Dials(nobody.Addr)) != 2 {
			t.Errorf("%d streams; %d dials", lb.Calls(), len(b.network.Dials(nobody.Addr)))
		}
	})
}

// Changing the set does not earn a fresh start: the
// backoff goes on from where it was.
func TestRetry_Resolve_ChangedSetKeepsBackoff(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.serve("shop", nobody)
		time.Sleep(500 * time.Millisecond)
		other := nobody
		other.Addr = "10.127.0.2:1"
		start := time.Now()
		b.serve("shop", other)
		time.Sleep(10 * time.Second)
		dials := b.network.Dials(other.Addr)
		b.same("first dial", dials[0].Sub(start), 0)
		b.same("wait", dials[1].Sub(dials[0]), 1600*time.Millisecond)
	})
}

func TestRetry_Idle(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.serve("shop", nobody)
		time.Sleep(3 * time.Second) // dialled at 0, 1 and 2.6 s
		b.stream.Reset()
		synctest.Wait()
		time.Sleep(1500 * time.Millisecond)
		dials := b.network.Dials(nobody.Addr)
		if len(dials) != 5 {
			t.Fatalf("dialled %d times", len(dials))
		}
		b.same("dial at the reset", dials[3].Sub(dials[0]), 3*time.Second)
		b.same("wait after it", dials[4].Sub(dials[3]), time.Second)
	})
}

// A reset in answer to the news of an end finds the wait begun.
func TestRetry_Idle_InAnswer(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb := b.balancer()
		start := time.Now()
		b.serve("shop", lb.Address())
		for range 20 {
			lb.Next().HangUp(nil)
			b.status()
			b.stream.Reset()
		}
		b.same("time for 21 streams", lb.Next().Opened().Sub(start), 0)
	})
}

func TestRetry_Idle_LiveCall(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb := b.balancer()
		c := b.connected(lb)
		b.stream.Reset()
		time.Sleep(time.Hour)
		if over(c) || lb.Calls() != 1 {
			t.Errorf("a reset disturbed a live stream: %d streams", lb.Calls())
		}
	})
}

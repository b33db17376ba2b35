package grpclb_test

import (
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/status"
)

func TestRetry_Backoff(t *testing.T) {
	config := `{"streamBackoff":{"initialDelay":"2s","multiplier":2,"jitter":0,"maxDelay":"10s"}}`
	inBubble(t, config, func(w *world) {
		w.resolve()
		var at []time.Duration
		for range 5 {
			c := w.lb.NextWithin(time.Minute)
			at = append(at, c.Opened().Sub(w.start))
			c.HangUp(status.Error(codes.Internal, "out of order"))
		}
		for i, want := range []time.Duration{0, 2, 6, 14, 24} {
			same(w, "time of a call", at[i], want*time.Second)
		}
	})
}

func TestRetry_BackoffJitter(t *testing.T) {
	inBubble(t, "", func(w *world) {
		w.resolve()
		last, want := w.start, 0.0
		for range 6 {
			c := w.lb.NextWithin(time.Minute)
			got := c.Opened().Sub(last).Seconds()
			if got < 0.8*want || got > 1.2*want {
				w.Errorf("a wait of %v s, want %v s and at most a fifth more or less", got, want)
			}
			last, want = c.Opened(), max(1, 1.6*want)
			c.HangUp(nil)
		}
	})
}

// The call lives 1 s and 1 ms, a little more than the first delay.
func TestRetry_Healthy(t *testing.T) {
	inBubble(t, "", func(w *world) {
		w.resolve()
		for range 5 {
			c := w.lb.Next()
			w.send(c)
			w.pause(1001 * time.Millisecond)
			c.HangUp(nil)
			ended := time.Now()
			if wait := w.lb.Next().Opened().Sub(ended); wait >= 100*time.Millisecond {
				w.Errorf("a wait of %v after a healthy call", wait)
			}
			w.lb.Restart() // which ends that one before it is healthy
		}
	})
}

func TestRetry_HealthyIsNotHangingUp(t *testing.T) {
	inBubble(t, "", func(w *world) {
		w.resolve(w.backends(1)...)
		calls := 0
		for {
			c := w.lb.Next()
			if c.Opened().Sub(w.start) >= 5*time.Second {
				break
			}
			calls++
			c.Initial(0)
			c.List()
			c.HangUp(nil)
		}
		if calls < 2 || calls > 5 {
			w.Errorf("%d calls in the first 5 s to a balancer that answers and hangs up", calls)
		}
	})
}

func TestRetry_Resolve(t *testing.T) {
	inBubble(t, steady, func(w *world) {
		w.send(w.connect(), w.backends(1)...)
		same(w, "re-resolutions while the call lives", w.ch.Reresolved(), 0)
		w.pause(2 * time.Second)
		w.lb.Stop()
		synctest.Wait()
		same(w, "re-resolutions after the end of the call", w.ch.Reresolved(), 1)
		// From now on it is refused: within 100 ms, and 1 s, 2.6 s, 5.16 s later.
		w.pause(6 * time.Second)
		same(w, "re-resolutions after four more", w.ch.Reresolved(), 5)
	})
}

func TestRetry_ResolveFindsAnother(t *testing.T) {
	inBubble(t, `{"streamBackoff":{"initialDelay":"60s","jitter":0}}`, func(w *world) {
		second := w.balancer()
		w.resolve()
		w.lb.Next().HangUp(nil)
		w.pause(time.Second)
		w.resolve() // the same balancer
		w.pause(time.Second)
		same(w, "calls to a balancer that is backed off from", w.lb.Calls(), 1)
		start := time.Now()
		w.resolveTo([]resolver.Address{second.Address()})
		same(w, "time to a new balancer", second.Next().Opened().Sub(start), 0)
	})
}

// Connect on a channel that is not idle reaches the policy as ExitIdle.
func TestRetry_Idle(t *testing.T) {
	inBubble(t, `{"streamBackoff":{"initialDelay":"60s","jitter":0}}`, func(w *world) {
		w.resolve()
		w.lb.Next().HangUp(nil)
		w.pause(time.Second)
		start := time.Now()
		w.ch.CC.Connect()
		c := w.lb.Next()
		same(w, "time to a call", c.Opened().Sub(start), 0)
		w.ch.CC.Connect()
		if over(c.Ended()) || w.lb.Calls() != 2 {
			w.Error("a call that is alive was replaced")
		}
		c.HangUp(nil)
		ended := time.Now()
		same(w, "the backoff, forgotten", w.lb.NextWithin(2*time.Minute).Opened().Sub(ended), time.Minute)
	})
}

// A channel that is idle has no policy; the next call makes one anew.
func TestRetry_IdleChannel(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		c := w.connect(b[1])
		w.send(c, b[0])
		w.served(1)
		w.pause(time.Hour)
		if !over(c.Ended()) || w.lb.Open() != 0 || b[0].Open() != 0 {
			w.Errorf("an idle channel has %d connections to the balancer, %d to a backend", w.lb.Open(), b[0].Open())
		}
		again := w.begin(w.Context())
		w.send(w.answered(), b[1])
		<-again.done
		same(w, "backend of the call that woke the channel", again.answer.Token, "t2")
	}, grpc.WithIdleTimeout(time.Minute))
}

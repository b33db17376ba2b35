package lbstream

import (
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/backoff"
)

// A balancer that lives is asked on a new stream over the same connection, and answers.
// Nobody notices until it does.
func TestStream_AskAgain(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.stream.Configure(Settings{Timeout: patience})
		lb := b.balancer()
		c := b.connected(lb)
		time.Sleep(2 * time.Second)
		asked := time.Now()
		b.stream.AskAgain()
		b.stream.AskAgain()
		next := lb.Next()
		if wait := next.Opened().Sub(asked); wait >= reopenJitter {
			t.Errorf("asked again after %v", wait)
		}
		if !over(c) || lb.Conns() != 1 {
			t.Errorf("the old stream over: %t; %d connections", over(c), lb.Conns())
		}
		b.quiet()
		next.List()
		if s := b.now(); s.Stream != 2 || s.Lists != 2 || !s.Contact || s.Ends != 0 {
			t.Errorf("after the answer: %+v", s)
		}
	})
}

// What the balancer says by itself is an answer too.
func TestStream_AskAgain_Unasked(t *testing.T) {
	inBubbleWith(t, backoff.Config{BaseDelay: time.Minute}, func(b *bench) {
		b.stream.Configure(Settings{Timeout: patience})
		lb := b.balancer()
		c := b.connected(lb)
		b.stream.AskAgain()
		time.Sleep(30 * time.Second)
		c.List()
		time.Sleep(time.Hour)
		if over(c) || lb.Calls() != 1 {
			t.Errorf("%d streams", lb.Calls())
		}
	})
}

// One that has vanished is out of contact after the time-out, long before keepalive
// finds it out. It keeps its stream, and contact is back when it speaks.
func TestStream_AskAgain_Silent(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.stream.Configure(Settings{Timeout: patience})
		lb := b.balancer()
		b.connected(lb)
		time.Sleep(2 * time.Second)
		asked := time.Now()
		b.stream.AskAgain()
		s := b.status()
		if took := time.Since(asked); took < patience || took >= patience+reopenJitter {
			t.Errorf("out of contact after %v", took)
		}
		if s.Contact || s.Err != silence(patience) || s.Ends != 0 || s.Rounds != 0 {
			t.Errorf("after the silence: %+v", s)
		}
		c := lb.Next()
		time.Sleep(time.Hour)
		c.List()
		if s := b.now(); !s.Contact || s.Stream != 2 || s.Err != nil {
			t.Errorf("after an hour: %+v", s)
		}
	})
}

// With a second balancer, that one is asked then, and contact is not lost.
func TestStream_AskAgain_Next(t *testing.T) {
	inBubble(t, func(b *bench) {
		first, second := b.balancer(), b.balancer()
		b.patient(first, second)
		first.Next().List()
		b.now()
		time.Sleep(2 * time.Second)
		b.network.Freeze(first.Addr())
		asked := time.Now()
		b.stream.AskAgain()
		c := second.NextWithin(time.Minute)
		if took := c.Opened().Sub(asked); took < patience || took >= patience+reopenJitter {
			t.Errorf("the second was asked after %v", took)
		}
		if s := b.now(); !s.Contact || s.Ends != 1 {
			t.Errorf("while the second is asked: %+v", s)
		}
		c.List()
		b.now()
	})
}

// No more often than the backoff allows, and not at all while it is being asked.
func TestStream_AskAgain_Pace(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb := b.balancer()
		b.serve("shop", lb.Address())
		b.stream.AskAgain()
		last := lb.Next()
		b.stream.AskAgain()
		for range 5 {
			last.List()
			synctest.Wait()
			b.stream.AskAgain()
			next := lb.Next()
			b.same("wait", next.Opened().Sub(last.Opened()), ladder[0])
			last = next
		}
	})
}

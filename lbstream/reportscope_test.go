package lbstream

import (
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// The question names its stream, and an answer that comes when that stream is over
// is not for the next one.
func TestReport_Scope(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb := b.balancer()
		b.reporting(lb, time.Second)
		late := b.asked(1, time.Second)
		b.serve("bank", lb.Address())
		next := lb.Next()
		next.Initial(2 * time.Second)
		b.answer(late, "9", "9", "9", "9", "a=9")
		b.reported(next)
		q := b.asked(2, 2*time.Second)
		b.answer(q, "0", "0", "0", "0")
		b.reported(next, "0 0 0 0")
		b.asked(2, 2*time.Second)
	})
}

// The same if both questions are out at once.
func TestReport_Scope_LateAnswer(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb := b.balancer()
		c := b.reporting(lb, time.Second)
		late := b.asked(1, time.Second)
		c.HangUp(nil)
		next := lb.Next()
		next.Initial(time.Second)
		q := b.asked(2, time.Second)
		b.answer(late, "9", "9", "9", "9", "a=9")
		b.reported(next)
		b.answer(q, "1", "0", "0", "0")
		b.reported(next, "1 0 0 0")
	})
}

// What was taken back in one stream is not made up for in the next, and silence
// in one is not silence in the next.
func TestReport_Scope_NothingCarried(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb := b.balancer()
		c := b.reporting(lb, time.Second)
		for _, started := range []string{"5", "-5", "0"} {
			b.answer(b.asked(1, time.Second), started, "0", "0", "0")
		}
		b.reported(c, "5 0 0 0", "0 0 0 0")
		b.serve("bank", lb.Address())
		next := lb.Next()
		next.Initial(time.Second)
		b.answer(b.asked(2, time.Second), "0", "0", "0", "0")
		b.answer(b.asked(2, time.Second), "2", "0", "0", "0")
		b.reported(next, "0 0 0 0", "2 0 0 0")
	})
}

// However a stream ends and whatever its reports are at, it is not asked about
// again, and nothing is sent.
func TestReport_Scope_End(t *testing.T) {
	ends := map[string]func(*bench, *lbtest.Balancer, *lbtest.Call){
		"hung up": func(_ *bench, lb *lbtest.Balancer, c *lbtest.Call) { c.HangUp(nil) },
		"cut":     func(b *bench, lb *lbtest.Balancer, _ *lbtest.Call) { b.network.Cut(lb.Addr()) },
		"renamed": func(b *bench, lb *lbtest.Balancer, _ *lbtest.Call) { b.serve("bank", lb.Address()) },
		"removed": func(b *bench, _ *lbtest.Balancer, _ *lbtest.Call) { b.serve("shop") },
		"stopped": func(b *bench, _ *lbtest.Balancer, _ *lbtest.Call) { b.stop(0) },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			t.Run("at rest", func(t *testing.T) {
				inBubble(t, func(b *bench) {
					lb := b.balancer()
					c := b.reporting(lb, time.Second)
					time.Sleep(999 * time.Millisecond)
					end(b, lb, c)
					b.unasked(time.Hour)
					b.reported(c)
				})
			})
			t.Run("asked", func(t *testing.T) {
				inBubble(t, func(b *bench) {
					lb := b.balancer()
					c := b.reporting(lb, time.Second)
					q := b.asked(1, time.Second)
					end(b, lb, c)
					b.answer(q, "1", "1", "1", "1")
					b.unasked(time.Hour)
					b.reported(c)
				})
			})
		})
	}
}

// Addresses that change under a live stream are nothing to its reports.
func TestReport_Scope_AddressChange(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb, other := b.balancer(), b.balancer()
		c := b.reporting(lb, time.Second)
		time.Sleep(300 * time.Millisecond)
		b.serve("shop", other.Address())
		q := b.asked(1, 700*time.Millisecond)
		b.serve("shop", other.Address(), lb.Address())
		b.answer(q, "1", "0", "0", "0")
		b.reported(c, "1 0 0 0")
	})
}

// A counter that has stopped never answers. That costs its stream the reports and
// nothing else; the next one is asked about as ever.
func TestReport_Scope_Unanswered(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb := b.balancer()
		c := b.reporting(lb, time.Second)
		b.asked(1, time.Second)
		b.unasked(time.Hour)
		c.List()
		if s := b.now(); s.Lists != 1 {
			t.Errorf("after a list: %+v", s)
		}
		c.HangUp(nil)
		next := lb.Next()
		next.Initial(time.Second)
		b.answer(b.asked(2, time.Second), "1", "0", "0", "0")
		b.reported(next, "1 0 0 0")
	})
}

// Calls come and go while questions are answered at once, late or never: each
// report is on the stream that was asked about.
func TestReport_Scope_ManyCalls(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb := b.balancer()
		names := []string{"shop", "bank"}
		for i := range 50 {
			b.stream.Serve(Target{Name: names[i%2], Balancers: []resolver.Address{lb.Address()}})
			c := lb.Next()
			c.Initial(time.Duration(1+i%3) * 200 * time.Millisecond)
			time.Sleep(time.Duration(i%5) * 200 * time.Millisecond)
			synctest.Wait()
			for len(b.counter.questions) > 0 {
				q := <-b.counter.questions
				b.same("the stream asked about", time.Duration(q.stream), time.Duration(i+1))
				q.reply <- countsFrom(1) // 3 started
				synctest.Wait()
				b.reported(c, "3 0 0 0")
			}
		}
	})
}

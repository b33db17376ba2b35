package rrgroup

import (
	"fmt"
	"testing"
	"time"
	"unsafe"

	"google.golang.org/grpc/balancer"
)

// A word counts finished calls in 40 bits. Reports add up also for an entry, or
// several, that have had more of them on one call to the balancer: while their
// generation serves, when it is retired with calls in flight, and after these.
func TestReport_ExactOverTheEndOfTheWord(t *testing.T) {
	core := newCore(nil)
	core.adopt(from(1, "a b"), time.Time{}, 0)
	g := core.incoming
	g.entry(0).word.Store((1<<40 - 3) * finished)
	g.entry(1).word.Store((1<<40 - 5) * finished)
	core.ledger.count(1)
	calls := func(n int) (held []balancer.PickResult) {
		for i := range n {
			r, err := g.entry(i % g.size).pick()
			if err != nil {
				t.Fatal(err)
			}
			held = append(held, r)
		}
		return held
	}
	end := func(held []balancer.PickResult) {
		for i, r := range held {
			r.Done(mixed(i))
		}
	}
	told := func(started, finished, odd int64) string {
		return fmt.Sprintf("%d started, %d finished, %d of them unsent", started, finished, odd)
	}
	report := func() string {
		c := core.ledger.count(1)
		return told(c.Started, c.Finished, c.FailedToSend)
	}

	end(calls(1000))
	want(t, "1000 calls over the end", report(), told(1000, 1000, 250))
	held := calls(8)
	want(t, "8 more in flight", report(), told(8, 0, 0))
	core.incoming = nil
	g.retire(func() {})
	end(held[:4])
	want(t, "4 of them over", report(), told(0, 4, 1))
	end(held[4:])
	core.ended(g)
	want(t, "all of them over", report(), told(0, 4, 1))
}

// Two cores that count calls to different backends write to different lines.
func TestPick_NonBlockingByOthers(t *testing.T) {
	want(t, "bytes of an entry, which a cache line has", unsafe.Sizeof(entry{}), 64)
}

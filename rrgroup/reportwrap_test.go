package rrgroup

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/grpc/balancer"
)

// Reports are right also for entries that have had more calls than there can be in a
// century: while their generation serves, while it is retired with calls in flight, and
// after these have ended.
func TestReport_ExactAfterMoreCallsThanThereCanBe(t *testing.T) {
	core := newCore(nil, Settings{})
	core.adopt(from(1, "a b"), time.Time{}, 0)
	g := core.incoming
	g.again.word.Store(1 << 62)
	g.entry(0).finished.word.Store(1<<62 - 1<<32)
	g.entry(1).finished.word.Store(1 << 32)
	core.ledger.count(1)
	calls := func(n int) (held []balancer.PickResult) {
		for i := range n {
			r, err := g.entry(i % g.size).Pick()
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
	want(t, "1000 calls", report(), told(1000, 1000, 250))
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

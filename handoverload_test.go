package grpclb_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// A crowd is callers that call without a pause, until told to stop.
type crowd struct {
	stop    context.CancelFunc
	callers sync.WaitGroup
	calls   atomic.Int64
	failed  atomic.Int64
}

// crowdOf starts n callers of single calls, and n that keep a stream for ten
// answers.
func crowdOf(w *world, n int) *crowd {
	ctx, stop := context.WithCancel(w.Context())
	c := &crowd{stop: stop}
	for range n {
		c.callers.Go(func() { c.run(ctx, func() error { _, err := w.ch.Unary(w.Context()); return err }) })
		c.callers.Go(func() { c.run(ctx, func() error { return converse(w) }) })
	}
	return c
}

func (c *crowd) run(ctx context.Context, call func() error) {
	for ctx.Err() == nil {
		c.calls.Add(1)
		if call() != nil {
			c.failed.Add(1)
		}
		time.Sleep(time.Millisecond)
	}
}

func converse(w *world) error {
	talk, err := w.ch.Converse(w.Context())
	if err != nil {
		return err
	}
	for range 10 {
		if _, err := talk.Ask(); err != nil {
			return err
		}
		time.Sleep(time.Millisecond)
	}
	return talk.End()
}

// 200 handovers between overlapping and disjoint lists, one every five
// milliseconds, under calls that never cease: none of them fails, and in the
// end there are the connections of the last list and no others. That each
// generation drains once is TestHandover_Many in rrgroup.
func TestHandover_ManyUnderLoad(t *testing.T) {
	inBubble(t, steady, func(w *world) {
		b := w.backends(6)
		lists := [][]*lbtest.Backend{
			{b[0], b[1], b[2]}, {b[1], b[3]}, {b[4], b[5]}, {b[0], b[0], b[5]}, {b[3]}, {b[2], b[1]},
		}
		call := w.connect()
		callers := crowdOf(w, 8)
		for i := range 200 {
			call.List(servers(lists[i%len(lists)]...)...)
			time.Sleep(5 * time.Millisecond)
		}
		callers.stop()
		callers.callers.Wait()
		same(t, "failed calls", callers.failed.Load(), 0)
		if n := callers.calls.Load(); n < 5000 {
			t.Errorf("only %d calls were made", n)
		}
		time.Sleep(11 * time.Second) // the connections that no list names have gone
		synctest.Wait()
		for i, backend := range b {
			want := 0
			if last := lists[199%len(lists)]; backend == last[0] || backend == last[len(last)-1] {
				want = 1
			}
			same(t, "connections of backend "+string(rune('1'+i)), backend.Open(), want)
		}
	})
}

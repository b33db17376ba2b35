package pending

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A watchedContext counts how often somebody asks whether it is over, and whether
// somebody wants to be told.
type watchedContext struct {
	context.Context
	asked, hung *atomic.Int64
}

func newWatchedContext(t *testing.T) (watchedContext, context.CancelFunc) {
	ctx, cancel := newCall(t)
	return watchedContext{ctx, new(atomic.Int64), new(atomic.Int64)}, cancel
}

func (w watchedContext) Err() error {
	w.asked.Add(1)
	return w.Context.Err()
}

// Value hides that there is a context of the standard library below, so that
// AfterFunc is asked.
func (w watchedContext) Value(any) any { return nil }

func (w watchedContext) AfterFunc(f func()) func() bool {
	w.hung.Add(1)
	return context.AfterFunc(w.Context, f)
}

// Calls are looked at once a second while any waits, and never after; nothing is
// hung on a context, which may outlive the wait by far.
func TestPick_PendingIsSweptEverySecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := start(t)
		a, cancelA := newWatchedContext(t)
		b, _ := newWatchedContext(t)
		park(t, q, a, 1)
		time.Sleep(500 * time.Millisecond)
		park(t, q, b, 1)
		time.Sleep(500*time.Millisecond - 1)
		synctest.Wait()
		if a.asked.Load()+b.asked.Load() != 0 {
			t.Error("calls were looked at before their time")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if a.asked.Load() != 1 || b.asked.Load() != 1 {
			t.Errorf("after a second: looked at %d and %d times, want once each", a.asked.Load(), b.asked.Load())
		}
		cancelA()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if a.asked.Load() != 2 || b.asked.Load() != 11 {
			t.Errorf("after eleven: looked at %d and %d times, want 2 and 11", a.asked.Load(), b.asked.Load())
		}
		q.Released(1)
		synctest.Wait()
		before := b.asked.Load()
		time.Sleep(time.Hour)
		if b.asked.Load() != before {
			t.Error("a call that has left is looked at")
		}
		if a.hung.Load()+b.hung.Load() != 0 {
			t.Error("something was hung on a context")
		}
		checkStats(t, q, Stats{Parked: 2, Cancelled: 1, Released: 1})
	})
}

// That a call of a long queue has given up is found out by those who ask for its
// place, a few calls at a time.
func TestPick_PendingBoundIsFoundOutBitByBit(t *testing.T) {
	const waiting = 3 * glance
	over := -1
	now := time.Now()
	q := newQueue(func(id int) bool { return id == over }, false, now)
	for id := range waiting {
		q.park(call[int]{id, 1, 0}, 0, now)
	}
	over = waiting - 1
	for n, want := range []bool{true, true, false, true, true, true} {
		if got := q.park(call[int]{waiting + n, 1, 0}, waiting, now) > 0; got != want {
			t.Errorf("call %d is refused: %v, want %v", n+1, got, want)
		}
	}
}

package pending

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// The queue looks at its calls once a second while any waits, and never otherwise.
func TestPick_PendingIsSweptEverySecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLoop(false)
		a, cancelA := newCall(t)
		b, _ := newCall(t)
		asked := map[done]*atomic.Int64{a.Done(): {}, b.Done(): {}}
		l.core.over = func(id done) bool {
			asked[id].Add(1)
			return isOver(id)
		}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go l.run(ctx)
		q := &Queue{inbox: l.inbox, gate: &Gate{calls: l.calls, inbox: l.inbox, start: l.core.start}}
		looks := func(wait time.Duration, wantA, wantB int64) {
			t.Helper()
			time.Sleep(wait)
			synctest.Wait()
			if gotA, gotB := asked[a.Done()].Load(), asked[b.Done()].Load(); gotA != wantA || gotB != wantB {
				t.Errorf("looked at %d and %d times, want %d and %d", gotA, gotB, wantA, wantB)
			}
		}
		park(t, q, a, 1)
		looks(500*time.Millisecond, 0, 0)
		park(t, q, b, 1)
		looks(500*time.Millisecond-1, 0, 0)
		looks(1, 1, 1)
		cancelA()
		looks(10*time.Second, 2, 11)
		q.Released(1)
		looks(0, 2, 12) // to tell those that gave up from those released
		looks(time.Hour, 2, 12)
		checkStats(t, q, Stats{Parked: 2, Cancelled: 1, Released: 1})
	})
}

// A call may be parked while the loop handles a question, and so be younger than the time of
// the answer. Then it has waited for no time, and not for less than none.
func TestPick_PendingOldestIsNeverNegative(t *testing.T) {
	start := time.Now()
	q := newQueue(func(int) bool { return false }, false, start)
	q.park(call[int]{1, 1, 2 * time.Millisecond}, 0, start)
	if got, want := q.stats(start.Add(time.Millisecond)), (Stats{Depth: 1, Parked: 1}); got != want {
		t.Errorf("stats are %+v, want %+v", got, want)
	}
}

// If the queue is full, each new call makes the queue look at a few calls, so that places
// of calls that have ended become free.
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

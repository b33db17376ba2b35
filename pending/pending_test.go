package pending

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// park parks a call and expects no error.
func park(t *testing.T, q *Queue, ctx context.Context, epoch uint64) {
	t.Helper()
	if err := q.Gate().Park(ctx, epoch); err != nil {
		t.Errorf("Park: %v", err)
	}
}

// newCall is the context of a call that lasts until the end of the test, or
// until the function is called.
func newCall(t *testing.T) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	return ctx, cancel
}

func TestPick_PendingEntersOncePerCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := start(t)
		a, _ := newCall(t)
		b, _ := newCall(t)
		park(t, q, a, 1)
		park(t, q, b, 1)
		time.Sleep(time.Second)
		for epoch := range uint64(5) {
			park(t, q, a, 2+epoch)
			park(t, q, b, 2+epoch)
		}
		checkStats(t, q, Stats{Depth: 2, Oldest: time.Second, Parked: 2})
	})
}

// Under a parent policy a picker may be asked again for a call that waits.
func TestPick_PendingEntersOncePerCallUnderAParent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := startUnder(t, true)
		a, _ := newCall(t)
		b, _ := newCall(t)
		for epoch := range uint64(3) {
			for range 3 {
				park(t, q, a, 1+epoch)
				park(t, q, b, 1+epoch)
			}
		}
		checkStats(t, q, Stats{Depth: 2, Parked: 2})
		q.SetLimit(2)
		park(t, q, a, 3)
		refused(t, q, 3)
	})
}

// The first call wakes the queue, and those after it do not. The statistics are exact
// nevertheless.
func TestPick_PendingTellsOfEveryCallAtOnce(t *testing.T) {
	q := start(t)
	for n := range 100 {
		ctx, _ := newCall(t)
		park(t, q, ctx, 1)
		if got := q.Stats().Depth; got != n+1 {
			t.Fatalf("%d calls wait, want %d", got, n+1)
		}
	}
	q.Released(1)
	checkStats(t, q, Stats{Parked: 100, Released: 100})
	for range 2 {
		ctx, _ := newCall(t)
		park(t, q, ctx, 2)
	}
	q.SetLimit(3)
	ctx, _ := newCall(t)
	park(t, q, ctx, 2)
	refused(t, q, 2, "3 calls")
}

func TestPick_PendingLeavesWhenPicked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := start(t)
		a, cancelA := newCall(t)
		b, _ := newCall(t)
		park(t, q, a, 1)
		time.Sleep(time.Second)
		park(t, q, b, 2)
		time.Sleep(time.Second)
		q.Released(1)
		checkStats(t, q, Stats{Depth: 1, Oldest: time.Second, Parked: 2, Released: 1})
		// A call that ends after its release changes nothing.
		cancelA()
		synctest.Wait()
		q.Released(2)
		checkStats(t, q, Stats{Parked: 2, Released: 2})
	})
}

// A call is parked by a picker that was replaced meanwhile, and the message comes after
// that of the release.
func TestPick_PendingIgnoresLateWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := start(t)
		a, _ := newCall(t)
		q.Released(3)
		q.Stats() // it has heard of that
		park(t, q, a, 3)
		checkStats(t, q, Stats{})
		park(t, q, a, 4)
		checkStats(t, q, Stats{Depth: 1, Parked: 1})
	})
}

func TestPick_PendingLeavesWhenCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := start(t)
		a, cancelA := newCall(t)
		b, _ := newCall(t)
		park(t, q, a, 1)
		time.Sleep(time.Second)
		park(t, q, b, 1)
		cancelA()
		synctest.Wait()
		checkStats(t, q, Stats{Depth: 1, Parked: 2, Cancelled: 1})
		// A call that has ended before the queue hears of it leaves at once.
		park(t, q, a, 1)
		q.Stats() // it was heard of
		synctest.Wait()
		checkStats(t, q, Stats{Depth: 1, Parked: 3, Cancelled: 2})
	})
}

func TestPick_PendingLeavesAtItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := start(t)
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		park(t, q, ctx, 1)
		time.Sleep(1499 * time.Millisecond)
		synctest.Wait()
		checkStats(t, q, Stats{Depth: 1, Oldest: 1499 * time.Millisecond, Parked: 1})
		time.Sleep(time.Millisecond)
		synctest.Wait()
		checkStats(t, q, Stats{Parked: 1, Cancelled: 1})
	})
}

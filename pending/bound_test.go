package pending

import (
	"strings"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// refused parks a call, and checks that it is refused with these words.
func refused(t *testing.T, q *Queue, epoch uint64, words ...string) {
	t.Helper()
	ctx, _ := newCall(t)
	err := q.Gate().Park(ctx, epoch)
	if status.Code(err) != codes.ResourceExhausted {
		t.Errorf("Park = %v, want RESOURCE_EXHAUSTED", err)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not say %q", err, w)
		}
	}
}

func TestPick_PendingBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := start(t)
		q.SetLimit(2)
		a, cancelA := newCall(t)
		b, _ := newCall(t)
		park(t, q, a, 1)
		park(t, q, b, 1)
		refused(t, q, 1, "2 calls wait for a backend already", "maxPendingPicks is 2")

		// A call that waits may be parked again by the next picker.
		park(t, q, a, 2)
		park(t, q, b, 2)
		checkStats(t, q, Stats{Depth: 2, Parked: 2, Refused: 1})

		// Places become free: one by one, or all at once.
		cancelA()
		synctest.Wait()
		c, _ := newCall(t)
		park(t, q, c, 2)
		refused(t, q, 2)
		q.Released(2)
		for range 2 {
			d, _ := newCall(t)
			park(t, q, d, 3)
		}
		refused(t, q, 3)
		checkStats(t, q, Stats{Depth: 2, Parked: 5, Released: 2, Cancelled: 1, Refused: 3})
	})
}

func TestPick_PendingBoundIsOffByDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := start(t)
		for range 1000 {
			ctx, _ := newCall(t)
			park(t, q, ctx, 1)
		}
		checkStats(t, q, Stats{Depth: 1000, Parked: 1000})
	})
}

func TestPick_PendingBoundChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := start(t)
		for range 5 {
			ctx, _ := newCall(t)
			park(t, q, ctx, 1)
		}
		q.SetLimit(3) // nobody is sent away
		refused(t, q, 1, "5 calls wait for a backend already", "maxPendingPicks is 3")
		q.SetLimit(6)
		ctx, _ := newCall(t)
		park(t, q, ctx, 1)
		refused(t, q, 1, "6 calls wait for a backend already", "maxPendingPicks is 6")
		for _, off := range []int{0, -1} {
			q.SetLimit(off)
			ctx, _ := newCall(t)
			park(t, q, ctx, 1)
		}
		checkStats(t, q, Stats{Depth: 8, Parked: 8, Refused: 2})
	})
}

// However many calls come at once, as many may wait as there are places.
func TestPick_PendingBoundAmongConcurrentCalls(t *testing.T) {
	const calls, limit = 200, 25
	q := start(t)
	q.SetLimit(limit)
	results := make(chan error, calls)
	for range calls {
		ctx, _ := newCall(t)
		go func() { results <- q.Gate().Park(ctx, 1) }()
	}
	admitted := 0
	for range calls {
		if err := <-results; err == nil {
			admitted++
		} else if status.Code(err) != codes.ResourceExhausted {
			t.Errorf("Park = %v", err)
		}
	}
	if admitted != limit {
		t.Errorf("%d calls were let in, want %d", admitted, limit)
	}
	if s := q.Stats(); s.Depth != limit || s.Refused != calls-limit {
		t.Errorf("stats are %+v, want %d waiting and %d refused", s, limit, calls-limit)
	}
}

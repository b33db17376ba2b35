package pending

import (
	"context"
	"testing"
	"testing/synctest"
)

// A sliceContext can't be compared: that panics at run time.
type sliceContext struct {
	context.Context
	_ []int
}

// A boxContext has a type that can be compared, but its value may not.
type boxContext struct {
	context.Context
	box any
}

func TestPick_PendingContextThatCannotBeCompared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := startUnder(t, true)
		a, cancelA := newCall(t)
		b, _ := newCall(t)
		for range 3 { // a call is known again, by the channel below
			park(t, q, sliceContext{Context: a}, 1)
			park(t, q, boxContext{b, []int{1}}, 1)
		}
		checkStats(t, q, Stats{Depth: 2, Parked: 2})
		cancelA()
		synctest.Wait()
		checkStats(t, q, Stats{Depth: 1, Parked: 2, Cancelled: 1})
		q.Released(1)
		checkStats(t, q, Stats{Parked: 2, Cancelled: 1, Released: 1})
	})
}

// Nothing distinguishes these calls, so they count as one. gRPC makes no such calls.
func TestPick_PendingContextsWithoutIdentity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := startUnder(t, true)
		park(t, q, sliceContext{Context: context.Background()}, 1)
		park(t, q, boxContext{context.TODO(), []int{1}}, 1)
		checkStats(t, q, Stats{Depth: 1, Parked: 1})
	})
}

func TestPick_PendingNilContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := startUnder(t, true)
		var none context.Context
		park(t, q, none, 1)
		park(t, q, context.Background(), 1)
		checkStats(t, q, Stats{Depth: 1, Parked: 1})
		q.Released(1)
		checkStats(t, q, Stats{Parked: 1, Released: 1})
	})
}

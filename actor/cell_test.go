package actor_test

import (
	"testing"

	"github.com/actorlb/grpclb/actor"
)

func TestCell_YieldsTheNewestValueOnce(t *testing.T) {
	c := actor.NewCell[int]()
	for v := range 5 {
		c.Put(v) // would hang at the second if it waited for a taker
	}
	if got := <-c.Ready(); got != 4 {
		t.Errorf("got %d, want the newest, 4", got)
	}
	select {
	case v := <-c.Ready():
		t.Errorf("got %d again", v)
	default:
	}
	c.Put(5)
	if got := <-c.Ready(); got != 5 {
		t.Errorf("got %d, want 5", got)
	}
}

func TestCell_StartsEmpty(t *testing.T) {
	select {
	case v := <-actor.NewCell[string]().Ready():
		t.Errorf("a new cell yields %q", v)
	default:
	}
}

// A taker that is slower or faster than the putter sees values in order, may
// miss some, and never misses the last.
func TestCell_LastValueArrivesAtAConcurrentTaker(t *testing.T) {
	const last = 20_000
	c := actor.NewCell[int]()
	go func() {
		for v := 1; v <= last; v++ {
			c.Put(v)
		}
	}()
	for seen := 0; seen < last; {
		v := <-c.Ready()
		if v <= seen {
			t.Fatalf("got %d after %d", v, seen)
		}
		seen = v
	}
}

package observe

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// Of many changes in one batch the owner hears in one call; of loads once an interval, of the
// newest of each backend.
func TestWatcher_TellsInBatches(t *testing.T) {
	b := batcher{interval: 10 * time.Second, watched: map[string]uint64{}}
	now := time.Unix(1000, 0)
	var all []string
	for i := range 100 {
		all = append(all, fmt.Sprintf("10.0.0.%03d:1", i))
	}
	if added, removed := b.watch(all); !slices.Equal(added, all) || len(removed) != 0 {
		t.Fatalf("added %v, removed %v", added, removed)
	}
	for i, address := range all {
		b.healthChanged(now, healthChanged{b.watched[address], Health{Address: address}})
		for n := range 3 {
			b.loadChanged(now.Add(time.Duration(i)*time.Millisecond), loadChanged{b.watched[address], Load{Address: address, QPS: float64(n)}})
		}
	}
	if health, loads := b.flush(now); len(health) != 0 || len(loads) != 0 {
		t.Errorf("%d changes of health, %d loads before their time", len(health), len(loads))
	}
	if health, loads := b.flush(b.due()); len(health) != 100 || len(loads) != 0 {
		t.Errorf("%d changes of health, %d loads", len(health), len(loads))
	}
	if due := b.due(); !due.Equal(now.Add(10 * time.Second)) {
		t.Errorf("loads are due at %v", due.Sub(now))
	}
	health, loads := b.flush(b.due())
	if len(health) != 0 || len(loads) != 100 || loads[0].Address != all[0] || loads[99].QPS != 2 {
		t.Errorf("%d changes of health, loads %v", len(health), loads)
	}
	if due := b.due(); !due.IsZero() {
		t.Errorf("loads are due again at %v", due)
	}
}

// Nothing is said about a backend that was taken away, also if it was added again since.
func TestWatcher_ForgetsWhatIsGone(t *testing.T) {
	b := batcher{watched: map[string]uint64{}}
	b.watch([]string{"a", "b"})
	old := b.watched["a"]
	b.healthChanged(time.Unix(1, 0), healthChanged{old, Health{Address: "a"}})
	b.loadChanged(time.Unix(1, 0), loadChanged{old, Load{Address: "a"}})
	if added, removed := b.watch([]string{"b", "b"}); len(added) != 0 || !slices.Equal(removed, []string{"a"}) {
		t.Errorf("added %v, removed %v", added, removed)
	}
	b.watch([]string{"a", "b"})
	b.healthChanged(time.Unix(1, 0), healthChanged{old, Health{Address: "a"}})
	b.loadChanged(time.Unix(1, 0), loadChanged{old, Load{Address: "a"}})
	if health, loads := b.flush(time.Unix(2, 0)); len(health) != 0 || len(loads) != 0 {
		t.Errorf("heard %v and %v of a backend before this one", health, loads)
	}
}

// Changes that come all the time hold nothing up.
func TestWatcher_TellsWhileMoreComes(t *testing.T) {
	b := batcher{watched: map[string]uint64{}}
	b.watch([]string{"a"})
	began := time.Unix(1, 0)
	for i := range 10 {
		b.healthChanged(began.Add(time.Duration(i)*gather/8), healthChanged{b.watched["a"], Health{Address: "a"}})
	}
	if !b.due().Equal(began.Add(gather)) {
		t.Errorf("due %v after the first change", b.due().Sub(began))
	}
}

package pending

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// A twin is a simple queue that may be slow: a slice that has only the calls that wait,
// and is searched from the front for every call.
type twin struct {
	waiting  []call[byte]
	over     [8]bool
	released uint64
	counts   Stats
}

func (w *twin) find(id byte) int {
	return slices.IndexFunc(w.waiting, func(c call[byte]) bool { return c.id == id })
}

func (w *twin) park(c call[byte], limit int) (refused bool) {
	if i := w.find(c.id); i >= 0 {
		w.waiting[i].epoch = max(w.waiting[i].epoch, c.epoch)
		return false
	}
	if c.epoch <= w.released {
		return false
	}
	if limit != 0 && len(w.waiting) >= limit {
		w.look()
	}
	if limit != 0 && len(w.waiting) >= limit {
		w.counts.Refused++
		return true
	}
	w.counts.Parked++
	w.waiting = append(w.waiting, c)
	return false
}

func (w *twin) look() {
	var stay []call[byte]
	for _, c := range w.waiting {
		if w.over[c.id] {
			w.counts.Cancelled++
		} else {
			stay = append(stay, c)
		}
	}
	w.waiting = stay
}

func (w *twin) release(epoch uint64) {
	w.look()
	w.released = max(w.released, epoch)
	var stay []call[byte]
	for _, c := range w.waiting {
		if c.epoch <= w.released {
			w.counts.Released++
		} else {
			stay = append(stay, c)
		}
	}
	w.waiting = stay
}

func (w *twin) stats(since time.Duration) Stats {
	w.look()
	s := w.counts
	if s.Depth = len(w.waiting); s.Depth > 0 {
		s.Oldest = since - w.waiting[0].since
	}
	return s
}

// compare gives a core and its twin the same events. They must agree on the result of
// each, and on who waits after it. An event takes four bytes: what happens, to which call,
// the epoch, and the limit or how much later it is. The first byte says whether a picker
// may be asked twice for a call.
func compare(t *testing.T, events []byte) {
	start, w := time.Unix(0, 0), new(twin)
	now, repeats := start, len(events) > 0 && events[0] >= 128
	q := newQueue(func(id byte) bool { return w.over[id] }, repeats, start)
	for ; len(events) >= 4; events = events[4:] {
		id, epoch, extra := events[1]%8, uint64(events[2]%16), events[3]
		now = now.Add(time.Duration(extra) * time.Millisecond)
		switch events[0] % 8 {
		default: // most events are calls
			if i := w.find(id); i >= 0 && w.waiting[i].epoch == epoch && !repeats {
				continue
			}
			c := call[byte]{id, epoch, now.Sub(start)}
			if got, want := q.park(c, int(extra%6), now) > 0, w.park(c, int(extra%6)); got != want {
				t.Fatalf("refused: %v, want %v", got, want)
			}
		case 4, 5: // it ends; or another one has its name
			w.over[id] = !w.over[id]
		case 6:
			if got, want := q.stats(now), w.stats(now.Sub(start)); got != want {
				t.Fatalf("stats %+v, want %+v", got, want)
			}
		case 7:
			q.release(epoch, now)
			w.release(epoch)
		}
		compareState(t, q, w)
	}
}

// compareState compares which calls wait, in their order, and the counts.
func compareState(t *testing.T, q *queue[byte], w *twin) {
	t.Helper()
	got := slices.DeleteFunc(slices.Clone(q.calls), func(c call[byte]) bool { return c.epoch == 0 })
	if !slices.Equal(got, w.waiting) || q.depth != len(got) || q.counts != w.counts {
		t.Fatalf("%d wait, %v, counts %+v; want %v, %+v", q.depth, got, q.counts, w.waiting, w.counts)
	}
	for _, c := range got {
		if c.epoch < q.low || c.epoch > q.high {
			t.Fatalf("a call of epoch %d, not in %d to %d", c.epoch, q.low, q.high)
		}
	}
}

// randomEvents returns n events, the same ones for the same seed.
func randomEvents(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 0))
	events := make([]byte, 4*n)
	for i := range events {
		events[i] = byte(r.Uint32())
	}
	return events
}

func TestQueue_AgreesWithItsTwin(t *testing.T) {
	for seed := range uint64(400) {
		compare(t, randomEvents(seed, 200))
	}
}

func FuzzQueue(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(randomEvents(seed, 40))
	}
	// Two calls, one of which is parked again; a release between; and a message that comes
	// late.
	f.Add([]byte{0, 1, 1, 0, 0, 2, 1, 0, 0, 1, 2, 0, 7, 0, 1, 0, 0, 2, 1, 0, 7, 0, 2, 0})
	f.Fuzz(compare)
}

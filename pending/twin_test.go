package pending

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// A twin is a queue made without thought for cost: a slice that is searched
// from the front, in which each entry is a copy.
type twin struct {
	waiting  []twinCall
	released uint64
	counts   Stats
}

type twinCall struct {
	name  byte
	visit uint64 // the how-manieth call to be let in
	epoch uint64
	since time.Time
}

func (w *twin) find(name byte) int {
	return slices.IndexFunc(w.waiting, func(c twinCall) bool { return c.name == name })
}

func (w *twin) park(name byte, epoch uint64, limit int, now time.Time) (added, refused bool) {
	if i := w.find(name); i >= 0 {
		if epoch > w.waiting[i].epoch {
			w.waiting[i].epoch = epoch
		}
		return false, false
	}
	if epoch <= w.released {
		return false, false
	}
	if limit != 0 && len(w.waiting) >= limit {
		w.counts.Refused++
		return false, true
	}
	w.counts.Parked++
	w.waiting = append(w.waiting, twinCall{name, w.counts.Parked, epoch, now})
	return true, false
}

func (w *twin) release(epoch uint64) (gone []byte) {
	if epoch > w.released {
		w.released = epoch
	}
	var stay []twinCall
	for _, c := range w.waiting {
		if c.epoch > w.released {
			stay = append(stay, c)
			continue
		}
		gone = append(gone, c.name)
		w.counts.Released++
	}
	w.waiting = stay
	return gone
}

func (w *twin) cancel(visit uint64) bool {
	i := slices.IndexFunc(w.waiting, func(c twinCall) bool { return c.visit == visit })
	if i < 0 {
		return false
	}
	w.waiting = append(w.waiting[:i:i], w.waiting[i+1:]...)
	w.counts.Cancelled++
	return true
}

func (w *twin) stats(now time.Time) Stats {
	s := w.counts
	s.Depth = len(w.waiting)
	if s.Depth > 0 {
		s.Oldest = now.Sub(w.waiting[0].since)
	}
	return s
}

// compare plays events to a core and to its twin, which must agree on what
// comes of each and on who waits after it. An event takes four bytes: what
// happens, to whom, the epoch, and the limit or how much later it is.
func compare(t *testing.T, events []byte) {
	now := time.Unix(0, 0)
	q, w := newQueue[byte](now), new(twin)
	var visits []*entry[byte] // all that ever were let in
	for ; len(events) >= 4; events = events[4:] {
		name, epoch, extra := events[1]%8, uint64(events[2]%16), events[3]
		now = now.Add(time.Duration(extra) * time.Millisecond)
		switch events[0] % 8 {
		default: // most events are calls
			added, refused := q.park(name, epoch, int(extra%6), now)
			wantAdded, wantRefused := w.park(name, epoch, int(extra%6), now)
			if (added != nil) != wantAdded || refused != wantRefused {
				t.Fatalf("park: added %v refused %v, want %v %v", added, refused, wantAdded, wantRefused)
			}
			if added != nil {
				visits = append(visits, added)
			}
		case 5, 6:
			if len(visits) == 0 {
				continue
			}
			// One of the latest: some wait, some have left, some have come again.
			back := min(int(name), len(visits)-1)
			visit := len(visits) - back
			if got, want := q.cancel(visits[visit-1]), w.cancel(uint64(visit)); got != want {
				t.Fatalf("cancel = %v, want %v", got, want)
			}
		case 7:
			gone := releasedBy(q, epoch)
			if want := w.release(epoch); !slices.Equal(gone, want) {
				t.Fatalf("released %v, want %v", gone, want)
			}
		}
		compareState(t, q, w, now)
	}
}

// releasedBy returns the calls that leave with this epoch, oldest first.
func releasedBy[C comparable](q *queue[C], epoch uint64) (gone []C) {
	var waiting []C
	for e := q.first; e != nil; e = e.next {
		waiting = append(waiting, e.call)
	}
	q.release(epoch)
	for _, c := range waiting {
		if q.entries[c] == nil {
			gone = append(gone, c)
		}
	}
	return gone
}

// compareState compares who waits, in order, and the statistics. The chain is
// walked both ways.
func compareState(t *testing.T, q *queue[byte], w *twin, now time.Time) {
	t.Helper()
	if got, want := q.stats(now), w.stats(now); got != want {
		t.Fatalf("stats %+v, want %+v", got, want)
	}
	var forth, back []twinCall
	for e := q.first; e != nil; e = e.next {
		forth = append(forth, twinCall{name: e.call, epoch: e.epoch, since: q.start.Add(e.since)})
	}
	for e := q.last; e != nil; e = e.prev {
		back = append(back, twinCall{name: e.call, epoch: e.epoch, since: q.start.Add(e.since)})
	}
	want := slices.Clone(w.waiting)
	for i := range want {
		want[i].visit = 0 // known to the twin alone
	}
	slices.Reverse(back)
	if !slices.Equal(forth, want) || !slices.Equal(back, want) {
		t.Fatalf("waiting are %v, backwards %v, want %v", forth, back, want)
	}
	for _, c := range forth {
		if e := q.entries[c.name]; e == nil || e.call != c.name {
			t.Fatalf("%v is not in the index", c)
		}
	}
}

// randomEvents is n events, the same for the same seed.
func randomEvents(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 0))
	events := make([]byte, 4*n)
	for i := range events {
		events[i] = byte(r.Uint32())
	}
	return events
}

func TestQueue_AgreesWithItsTwin(t *testing.T) {
	for seed := range uint64(200) {
		compare(t, randomEvents(seed, 200))
	}
}

func FuzzQueue(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(randomEvents(seed, 40))
	}
	// Two calls, one of which comes again; a release between; a late word.
	f.Add([]byte{0, 1, 1, 0, 0, 2, 1, 0, 0, 1, 2, 0, 7, 0, 1, 0, 0, 2, 1, 0, 7, 0, 2, 0})
	f.Fuzz(compare)
}

package pending

import "time"

// keptCalls is how many calls' room the index keeps when the queue runs
// empty. A map never shrinks, and that of a burst is better made anew.
const keptCalls = 1024

// A queue is the core of a [Queue]: an ordinary value that is told what
// happened and when. It knows calls by any C that can be compared, where the
// comparison does not panic.
//
// Calls stand in the order in which they came. One that comes again, because
// gRPC asked another waiting picker, keeps its place.
type queue[C comparable] struct {
	entries     map[C]*entry[C]
	peak        int // the most entries since the map was made
	first, last *entry[C]
	released    uint64 // the highest epoch that is over
	counts      Stats  // without Depth and Oldest, which follow from the above

	start time.Time // when the queue was made
}

// An entry is one call in a queue. There may be very many, so it is kept to 64
// bytes.
type entry[C comparable] struct {
	call       C
	epoch      uint64        // of the latest picker that made it wait
	since      time.Duration // when it came, counted from the start of the queue
	prev, next *entry[C]
}

func newQueue[C comparable](now time.Time) *queue[C] {
	return &queue[C]{entries: make(map[C]*entry[C]), start: now}
}

// park tells of a call that a picker made wait. A new call gets an entry, at
// the end, or is refused if limit is not zero and as many wait already. A call
// that is known, or whose picker is over, changes no number.
func (q *queue[C]) park(c C, epoch uint64, limit int, now time.Time) (added *entry[C], refused bool) {
	if e, ok := q.entries[c]; ok {
		e.epoch = max(e.epoch, epoch)
		return nil, false
	}
	if epoch <= q.released {
		return nil, false
	}
	if limit > 0 && q.full(limit) {
		q.counts.Refused++
		return nil, true
	}
	q.counts.Parked++
	e := &entry[C]{call: c, epoch: epoch, since: now.Sub(q.start)}
	q.append(e)
	return e, false
}

// full reports whether as many calls wait as may.
func (q *queue[C]) full(limit int) bool { return len(q.entries) >= limit }

// release tells that a usable picker followed the waiting one with this epoch.
// The calls that wait no more leave, oldest first.
func (q *queue[C]) release(epoch uint64) {
	q.released = max(q.released, epoch)
	for e := q.first; e != nil; {
		next := e.next
		if e.epoch <= q.released {
			q.remove(e)
			q.counts.Released++
		}
		e = next
	}
}

// cancel tells that the call of an entry gave up, and reports whether that is
// news: it may have left already, and even have come again, in another entry.
func (q *queue[C]) cancel(e *entry[C]) bool {
	if q.entries[e.call] != e {
		return false
	}
	q.remove(e)
	q.counts.Cancelled++
	return true
}

// stats returns how things stand.
func (q *queue[C]) stats(now time.Time) Stats {
	s := q.counts
	s.Depth = len(q.entries)
	if q.first != nil {
		s.Oldest = now.Sub(q.start) - q.first.since
	}
	return s
}

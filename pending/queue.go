package pending

import (
	"slices"
	"time"
)

const (
	// interval is how long a call that has given up may stay unnoticed.
	interval = time.Second

	// glance is how many calls are looked at before one is refused. To look at
	// all of a full queue each time would cost most when there is least to spare.
	glance = 64

	// keptCalls is how many calls' room a queue keeps when fewer wait.
	keptCalls = 1024
)

// A queue is the core of a [Queue]: an ordinary value that is told what happened
// and when. It knows a call by an id, and asks over whether the call has ended:
// to be told of each end would take 400 bytes of a context, and most calls leave
// because there is a usable picker.
//
// Calls stand in the order in which the queue heard of them. One that comes again,
// because gRPC asked another waiting picker, keeps its place.
type queue[C comparable] struct {
	// Fixed.
	over    func(C) bool
	repeats bool // a picker may be asked more than once for a call
	start   time.Time

	calls    []call[C]
	depth    int       // of calls, how many wait; the others have left, and have epoch 0
	index    map[C]int // places in calls; nil while no call can come twice
	low      uint64    // no call that waits has an epoch below this
	high     uint64    // or above this
	looked   time.Time // when all calls were looked at last, or there were none
	next     int       // of calls, the next to be looked at before one is refused
	released uint64    // the highest epoch that is over
	counts   Stats     // without Depth and Oldest, which follow from the above
}

// A call is one that waits. There may be very many, so it is kept to 24 bytes.
type call[C comparable] struct {
	id    C
	epoch uint64        // of the newest picker that made it wait
	since time.Duration // when it came, counted from the start of the queue
}

func newQueue[C comparable](over func(C) bool, repeats bool, now time.Time) *queue[C] {
	return &queue[C]{over: over, repeats: repeats, start: now}
}

// park tells of a call that a picker made wait. It returns zero if the call may, else
// how many wait: the call is new, limit is not zero, and that many are too many. A
// call that waits already, or whose picker is over, changes no count.
func (q *queue[C]) park(c call[C], limit int, now time.Time) (refusedBy int) {
	if c.epoch <= q.released {
		return 0
	}
	if known := q.find(c); known != nil {
		known.epoch = max(known.epoch, c.epoch)
		q.high = max(q.high, c.epoch)
		return 0
	}
	if limit > 0 && q.depth >= limit {
		if q.glance(); q.depth >= limit {
			q.counts.Refused++
			return q.depth
		}
	}
	q.counts.Parked++
	q.append(c, now)
	return 0
}

// find returns the call if it waits already, else nil. gRPC asks a picker once for
// each call, so a call is new if all that wait are of its own picker.
func (q *queue[C]) find(c call[C]) *call[C] {
	if q.depth == 0 || !q.repeats && q.low == c.epoch && q.high == c.epoch {
		return nil
	}
	if q.index == nil {
		q.index = make(map[C]int, q.depth)
		for i, w := range q.calls {
			if w.epoch != 0 {
				q.index[w.id] = i
			}
		}
	}
	if i, ok := q.index[c.id]; ok && q.calls[i].epoch != 0 {
		return &q.calls[i]
	}
	return nil
}

// grow makes room for n more calls at one go.
func (q *queue[C]) grow(n int) { q.calls = slices.Grow(q.calls, n) }

// append puts a new call at the end.
func (q *queue[C]) append(c call[C], now time.Time) {
	if q.depth == 0 {
		q.looked, q.low, q.high = now, c.epoch, c.epoch
	}
	q.low, q.high = min(q.low, c.epoch), max(q.high, c.epoch)
	if q.index != nil {
		q.index[c.id] = len(q.calls)
	}
	q.calls = append(q.calls, c)
	q.depth++
}

// release tells that a usable picker followed the waiting one with this epoch. A
// call that gave up before is not released.
func (q *queue[C]) release(epoch uint64, now time.Time) {
	q.look(now)
	q.released = max(q.released, epoch)
	q.counts.Released += q.remove(func(c call[C]) bool { return c.epoch <= q.released })
}

// look takes out every call that has ended.
func (q *queue[C]) look(now time.Time) {
	q.looked = now
	q.counts.Cancelled += q.remove(func(c call[C]) bool { return q.over(c.id) })
}

// remove takes out the calls that leave, and returns how many they were.
func (q *queue[C]) remove(leaves func(call[C]) bool) uint64 {
	depth, places := q.depth, len(q.calls)
	q.low, q.high = q.high, q.low // which the first call that stays narrows
	q.calls = slices.DeleteFunc(q.calls, func(c call[C]) bool {
		if c.epoch == 0 || leaves(c) {
			return true
		}
		q.low, q.high = min(q.low, c.epoch), max(q.high, c.epoch)
		return false
	})
	if q.depth = len(q.calls); q.depth < places {
		q.index = nil
	}
	if c := cap(q.calls); c > keptCalls && q.depth < c/4 {
		q.calls = append(make([]call[C], 0, q.depth), q.calls...)
	}
	return uint64(depth - q.depth)
}

// glance takes out calls that have ended, of the next few. Several glances in a
// row look at all.
func (q *queue[C]) glance() {
	for range min(glance, len(q.calls)) {
		if q.next++; q.next >= len(q.calls) {
			q.next = 0
		}
		if c := &q.calls[q.next]; c.epoch != 0 && q.over(c.id) {
			*c = call[C]{}
			q.depth--
			q.counts.Cancelled++
		}
	}
}

// due returns when to look at all calls again; zero while there are none.
func (q *queue[C]) due() time.Time {
	if q.depth == 0 {
		return time.Time{}
	}
	return q.looked.Add(interval)
}

// stats looks at all calls and returns how things stand.
func (q *queue[C]) stats(now time.Time) Stats {
	q.look(now)
	s := q.counts
	if s.Depth = q.depth; s.Depth > 0 {
		s.Oldest = now.Sub(q.start) - q.calls[0].since
	}
	return s
}

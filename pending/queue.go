package pending

import (
	"slices"
	"time"
)

const (
	// interval is the time between two checks of all calls. A call that has ended stays
	// in the queue for at most that long.
	interval = time.Second

	// glance is how many calls are checked before a call is refused. To check all of a
	// full queue for each refused call would be too expensive.
	glance = 64

	// keptCalls is for how many calls the queue keeps memory while fewer wait.
	keptCalls = 1024
)

// A queue is the core of a [Queue]: a value without goroutine, channel or clock. It
// calls over to find out whether a call has ended. To be notified of each end would cost
// 400 bytes for each call, and most calls leave for another reason: there is a usable
// picker.
//
// Calls are in the order in which the queue first heard of them. A call keeps its place
// when gRPC asks another waiting picker for it.
type queue[C comparable] struct {
	// Fixed.
	over    func(C) bool
	repeats bool // a picker may be asked more than once for a call
	start   time.Time

	calls    []call[C]
	depth    int       // how many of calls wait; the others have left, and have epoch 0
	index    map[C]int // places in calls; nil until a call has to be looked up
	low      uint64    // no call that waits has a lower epoch
	high     uint64    // no call that waits has a higher epoch
	looked   time.Time // when all calls were checked last, or the first one was added
	next     int       // the place in calls where glance goes on
	released uint64    // calls with this epoch or a lower one don't wait any more
	counts   Stats     // without Depth and Oldest, which follow from the other fields
}

// A call is a call that waits. It has 24 bytes, because there may be very many.
type call[C comparable] struct {
	id    C
	epoch uint64        // of the newest picker that parked it; 0: it has left
	since time.Duration // when it was first parked, since the start of the queue
}

func newQueue[C comparable](over func(C) bool, repeats bool, now time.Time) *queue[C] {
	return &queue[C]{over: over, repeats: repeats, start: now}
}

// park takes in a call that a picker parked. It returns zero if the call may wait. If the
// call is refused, because it is new and the limit is reached, it returns how many calls
// wait. A call that waits already, or whose picker was replaced by a usable one, changes
// no count.
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
// each call, so if all calls that wait have the epoch of this one, this one is new.
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

// grow makes room for n more calls.
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

// release takes in that a usable picker replaced the waiting picker with this epoch. A
// call that ended before that counts as cancelled, not as released.
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

// remove takes out the calls for which leaves is true, and those that glance has marked.
// It returns how many calls left: without those that glance marked, which it has counted.
func (q *queue[C]) remove(leaves func(call[C]) bool) uint64 {
	depth, places := q.depth, len(q.calls)
	q.low, q.high = q.high, q.low // crossed, so that the calls that stay set both anew
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

// glance checks the next few calls, and marks those that have ended as left. The next
// glance goes on from there, so after some glances all were checked.
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

// due returns when to check all calls again; zero if no call waits.
func (q *queue[C]) due() time.Time {
	if q.depth == 0 {
		return time.Time{}
	}
	return q.looked.Add(interval)
}

// stats checks all calls and returns the counts.
func (q *queue[C]) stats(now time.Time) Stats {
	q.look(now)
	s := q.counts
	if s.Depth = q.depth; s.Depth > 0 {
		// The loop reads the clock and then takes in calls, so a call may be younger than now.
		s.Oldest = max(now.Sub(q.start)-q.calls[0].since, 0)
	}
	return s
}

package rrgroup

import (
	"sync/atomic"

	"google.golang.org/grpc/balancer"
)

// The word of an entry holds, from the lowest bit up: the references of calls
// in flight, two marks of the entry's end, and the number of finished calls.
// One step moves a call from the first to the last, so whoever reads the word
// sees each call in exactly one place. Four million calls in flight and 10¹²
// finished are more than one entry can come to.
const (
	reference = uint64(1)         // one call in flight
	inFlight  = uint64(1)<<22 - 1 // all references
	retired   = uint64(1) << 22   // no pick may succeed any more
	drained   = uint64(1) << 23   // and the last call is done
	finished  = uint64(1) << 24   // one call that is over
)

// cacheLine is the size that keeps two cores from writing to the same line.
const cacheLine = 64

// An entry is one place in a generation's rotation. Calls write to the first
// half, each entry on a line of its own; the second half is fixed before the
// entry is in a published picker.
type entry struct {
	word       atomic.Uint64
	unanswered atomic.Uint64 // finished calls that were sent and never answered
	unsent     atomic.Uint64 // finished calls of which nothing was sent
	unused     atomic.Uint64 // picks that gRPC did not use: finished, and no calls
	_          [cacheLine - 4*8]byte

	result     balancer.PickResult // what a pick returns
	generation *generation
	place      int // in the generation
	_          [cacheLine - 6*8]byte
}

// take takes a reference, for a pick. It reports false if the entry is retired;
// then refuse has to follow.
func (e *entry) take() bool { return e.word.Add(reference)&retired == 0 }

// pick takes a reference and returns what a pick returns.
func (e *entry) pick() (balancer.PickResult, error) {
	if !e.take() {
		return e.refuse()
	}
	return e.result, nil
}

// refuse takes back the reference of a pick that met a retired entry. gRPC has
// a newer picker by then, and asks that.
func (e *entry) refuse() (balancer.PickResult, error) {
	e.release(0)
	return balancer.PickResult{}, balancer.ErrNoSubConnAvailable
}

// done is the PickResult's Done: it counts how the call ended and gives the
// reference back. The zero DoneInfo is how gRPC says that it did not use the
// pick, because the connection was lost meanwhile. What is special about a
// call is counted before it is finished, so that it is never missed.
func (e *entry) done(info balancer.DoneInfo) {
	switch {
	case info.BytesReceived:
	case info.BytesSent:
		e.unanswered.Add(1)
	case info.Err != nil:
		e.unsent.Add(1)
	default:
		e.unused.Add(1)
	}
	e.release(finished)
}

// release gives one reference back and adds to the count of finished calls in
// the same step.
func (e *entry) release(count uint64) {
	if w := e.word.Add(count - reference); w&retired != 0 {
		e.drain(w)
	}
}

// retire lets no pick succeed from here on. The entry drains when its last
// call is done, which may be at once.
func (e *entry) retire() { e.drain(e.word.Or(retired) | retired) }

// drain tells the generation, once, that a retired entry has no call left.
// A pick that fails holds a reference for a moment, so references may reach
// zero more than once; the mark decides who saw it first.
func (e *entry) drain(w uint64) {
	for w&(inFlight|drained) == 0 {
		if e.word.CompareAndSwap(w, w|drained) {
			e.generation.entryDrained()
			return
		}
		w = e.word.Load()
	}
}

// picks returns how often the entry was picked, give or take one that is being
// refused.
func (e *entry) picks() uint64 {
	w := e.word.Load()
	return w/finished + w&inFlight
}

// totals returns what became of the entry's calls so far. Calls come and go
// meanwhile; what is returned was so at the moment at which the word was read,
// except that a call which ends just then may be missing among the received.
func (e *entry) totals() totals {
	w := e.word.Load()
	over, unused := int64(w/finished), int64(e.unused.Load())
	unsent, unanswered := int64(e.unsent.Load()), int64(e.unanswered.Load())
	return totals{
		started:  over + int64(w&inFlight) - unused,
		finished: over - unused,
		unsent:   unsent,
		received: over - unused - unsent - unanswered,
	}
}

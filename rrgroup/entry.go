package rrgroup

import (
	"sync/atomic"

	"google.golang.org/grpc/balancer"
)

// The word of an entry holds, from the lowest bit up: the references of calls
// in flight, two marks of the entry's end, and the number of answered calls.
// The count is on top so that it overflows into nothing.
const (
	reference = uint64(1)         // one call in flight
	inFlight  = uint64(1)<<24 - 1 // all references
	retired   = uint64(1) << 24   // no pick may succeed any more
	drained   = uint64(1) << 25   // and the last call is done
	answered  = uint64(1) << 26   // one call that a byte came back for
)

// cacheLine is the size that keeps two cores from writing to the same line.
const cacheLine = 64

// An entry is one place in a generation's rotation. Calls write to the first
// half, each entry on a line of its own; the second half is fixed before the
// entry is in a published picker.
type entry struct {
	word       atomic.Uint64
	unanswered atomic.Uint64 // calls that were sent and never answered
	unsent     atomic.Uint64 // calls of which nothing was sent
	unused     atomic.Uint64 // picks that gRPC did not use
	_          [cacheLine - 4*8]byte

	result     balancer.PickResult // what a pick returns
	generation *generation
	place      int // in the generation
	_          [cacheLine - 6*8]byte
}

// pick takes a reference. On an entry that is retired it fails with
// ErrNoSubConnAvailable: gRPC has a newer picker by then and asks that.
func (e *entry) pick() (balancer.PickResult, error) {
	if e.word.Add(reference)&retired != 0 {
		e.release(0)
		return balancer.PickResult{}, balancer.ErrNoSubConnAvailable
	}
	return e.result, nil
}

// done is the PickResult's Done: it counts how the call ended and gives the
// reference back. The zero DoneInfo is how gRPC says that it did not use the
// pick, because the connection was lost meanwhile.
func (e *entry) done(info balancer.DoneInfo) {
	switch {
	case info.BytesReceived:
		e.release(answered)
		return
	case info.BytesSent:
		e.unanswered.Add(1)
	case info.Err != nil:
		e.unsent.Add(1)
	default:
		e.unused.Add(1)
	}
	e.release(0)
}

// release gives one reference back and adds to the count of answered calls in
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

// calls returns the number of calls in flight.
func (e *entry) calls() int { return int(e.word.Load() & inFlight) }

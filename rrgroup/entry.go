package rrgroup

import (
	"sync/atomic"

	"google.golang.org/grpc/balancer"
)

// The word of an entry holds, from the lowest bit up: the references of calls
// in flight, two marks of the entry's end, and the number of finished calls.
// One step moves a call from the first to the last, so whoever reads the word
// sees each call in exactly one place. Four million calls in flight are more than
// one entry can come to. Finished calls begin again at 0 after 10¹², which is four
// months of 100,000 calls a second; the group carries on from there.
const (
	reference = uint64(1)         // one call in flight
	inFlight  = uint64(1)<<22 - 1 // all references
	retired   = uint64(1) << 22   // no pick may succeed any more
	drained   = uint64(1) << 23   // and the last call is done
	finished  = uint64(1) << 24   // one call that is over

	finishedMask = 1<<(64-24) - 1
)

// An entry is one place in a generation's rotation, on a cache line of its own.
// Calls write to the word; the rest is fixed before the entry is in a published
// picker, but for what is the group's.
type entry struct {
	word       atomic.Uint64
	result     balancer.PickResult // what a pick returns
	generation *generation
	place      int // in the generation

	// Owned by the group.
	done int64 // finished calls when it read the word last
}

// oddities count the finished calls of a generation that were not answered.
// They are few where things go well, so one line for all entries will do.
type oddities struct {
	unanswered atomic.Int64 // sent, and no byte came back
	unsent     atomic.Int64 // nothing was sent
	unused     atomic.Int64 // picks that gRPC did not use, and no calls
	turns      *dropTurns   // that these calls have taken; nil if the list has no drops
}

// mark counts a call that was not answered, before it is counted as finished, so
// that it is never missed. The zero DoneInfo is how gRPC says that it did not use
// the pick, because the connection was lost meanwhile.
func (o *oddities) mark(info balancer.DoneInfo) {
	switch {
	case info.BytesSent:
		o.unanswered.Add(1)
	case info.Err != nil:
		o.unsent.Add(1)
	default:
		o.unused.Add(1)
		o.turns.owe()
	}
}

// take takes a reference, for a pick. It reports false if the entry is retired;
// then refuse has to follow.
func (e *entry) take() bool { return !word(e.word.Add(reference)).retired() }

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

// ender returns the PickResult's Done: it counts how the call ended and gives
// the reference back. A literal, because a method value is one call more, and
// this one copies all of DoneInfo.
func (e *entry) ender() func(balancer.DoneInfo) {
	return func(info balancer.DoneInfo) {
		if !info.BytesReceived {
			e.generation.odd.mark(info)
		}
		e.release(finished)
	}
}

// release gives one reference back and adds to the count of finished calls in
// the same step.
func (e *entry) release(count uint64) {
	if w := word(e.word.Add(handBack(count))); w.retired() {
		e.drain(w)
	}
}

// retire lets no pick succeed from here on. It returns how many have, and
// whether the entry has drained. If it has not, it will when its last call is
// done.
func (e *entry) retire() (picks int64, drained bool) {
	for {
		w := word(e.word.Load())
		if e.word.CompareAndSwap(uint64(w), uint64(w.end())) {
			return e.count(w) + w.flying(), w.spent()
		}
	}
}

// drain tells the generation, once, that a retired entry has no call left.
// A pick that fails holds a reference for a moment, so references may reach
// zero more than once; the mark decides who saw it first.
func (e *entry) drain(w word) {
	for w.spent() {
		if e.word.CompareAndSwap(uint64(w), uint64(w.end())) {
			e.generation.entriesDrained(1)
			return
		}
		w = word(e.word.Load())
	}
}

// calls returns how many picks of the entry are in flight, which may include one
// that is being refused, and how many are over. Only the group may ask.
func (e *entry) calls() (now, over int64) {
	w := word(e.word.Load())
	return w.flying(), e.count(w)
}

// count returns how many calls of the entry are over, of which w has the low bits.
// The group reads each word with every report, so that it misses no round.
func (e *entry) count(w word) int64 {
	e.done += (w.finished() - e.done) & finishedMask
	return e.done
}

// picks returns how often the entry was picked.
func (e *entry) picks() uint64 {
	now, over := e.calls()
	return uint64(now + over)
}

package rrgroup

import (
	"sync/atomic"

	"google.golang.org/grpc/balancer"

	"github.com/actorlb/grpclb/tokens"
)

// An entry is one place in a generation's rotation, on a cache line of its own.
type entry struct {
	own        counter             // see finished
	result     balancer.PickResult // what a pick returns; see picked
	made       atomic.Uint32       // unmade, making or made
	place      uint32              // in the generation
	backend    *tokens.Entry
	generation *generation
}

// finished counts the calls of e that have ended, answered or not. It is closed when the
// generation is retired.
func (e *entry) finished() *counter {
	if few := e.generation.few[:]; e.place < uint32(len(few)) {
		return &few[e.place]
	}
	return &e.own
}

// The states of an entry's result. Its SubConn is set before the first pick. The first pick
// makes Done and Metadata, because most entries of a list that is soon replaced are never
// picked.
const (
	unmade uint32 = iota
	making
	made
)

// picked returns what a pick of e returns.
func (e *entry) picked() balancer.PickResult {
	if e.made.Load() == made {
		return e.result
	}
	return e.firstPicked()
}

// firstPicked makes the result. If several first picks run at the same time, one of them
// stores its result for later picks. The others use their own, which has the same effect.
func (e *entry) firstPicked() balancer.PickResult {
	r := balancer.PickResult{SubConn: e.result.SubConn, Metadata: e.backend.Metadata()}
	finished := e.finished()
	r.Done = func(info balancer.DoneInfo) {
		if !info.BytesReceived {
			e.generation.odd.mark(info.BytesSent, info.Err != nil)
		}
		if finished.add().isClosed() {
			e.generation.await(-1)
		}
	}
	if e.made.CompareAndSwap(unmade, making) {
		e.result.Done, e.result.Metadata = r.Done, r.Metadata
		e.made.Store(made)
	}
	return r
}

// Pick picks the entry for a child policy, without a turn of the generation. If the
// generation is retired, the pick is refused and gRPC asks the newer picker.
func (e *entry) Pick() (balancer.PickResult, error) {
	if e.generation.again.add().isClosed() {
		return balancer.PickResult{}, balancer.ErrNoSubConnAvailable
	}
	return e.picked(), nil
}

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
	made       atomic.Uint32       // how far the result is made
	place      uint32              // in the generation
	backend    *tokens.Entry
	generation *generation
}

// finished counts the calls of e that are over. It is closed when the generation is
// retired.
func (e *entry) finished() *counter {
	if few := e.generation.few[:]; e.place < uint32(len(few)) {
		return &few[e.place]
	}
	return &e.own
}

// The states of an entry's result. Its SubConn is there before the first pick. Done
// and Metadata are made by the first pick, since most entries of a list that is
// replaced often are never picked.
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

// firstPicked makes the result. If several picks are the first at the same time,
// one of them leaves its result to later picks; the others use their own, which
// has the same effect.
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

// Pick is a pick that takes no turn of the generation: a child policy has chosen
// the entry. It is refused if the generation is retired. gRPC has a newer picker
// by then, and asks that.
func (e *entry) Pick() (balancer.PickResult, error) {
	if e.generation.again.add().isClosed() {
		return balancer.PickResult{}, balancer.ErrNoSubConnAvailable
	}
	return e.picked(), nil
}

package rrgroup

import (
	"sync/atomic"

	"google.golang.org/grpc/balancer"

	"github.com/actorlb/grpclb/tokens"
)

// An entry is one place in a generation's rotation. Only its first pick writes to it.
type entry struct {
	result     atomic.Pointer[balancer.PickResult] // what a pick returns; nil before the first
	finished   *counter                            // calls that have ended, answered or not; see countFinished
	conn       balancer.SubConn                    // nil if a child policy picks, or before it is READY
	backend    *tokens.Entry
	generation *generation
}

// picked returns what a pick of e returns. The first pick makes it, because most entries of
// a list that is soon replaced are never picked.
func (e *entry) picked() balancer.PickResult {
	if r := e.result.Load(); r != nil {
		return *r
	}
	return e.firstPicked()
}

// firstPicked makes the result. If several first picks run at the same time, one of them
// stores its result for later picks. The others use their own, which has the same effect.
func (e *entry) firstPicked() balancer.PickResult {
	finished := e.finished
	r := &balancer.PickResult{
		SubConn:  e.conn,
		Metadata: e.backend.Metadata(),
		Done: func(info balancer.DoneInfo) {
			if !info.BytesReceived {
				e.generation.notAnswered.mark(info.BytesSent, info.Err != nil)
			}
			if finished.add().isClosed() {
				e.generation.await(-1)
			}
		},
	}
	e.result.CompareAndSwap(nil, r)
	return *r
}

// Pick picks the entry for a child policy, without a turn of the generation. If the
// generation is retired, the pick is refused and gRPC asks the newer picker.
func (e *entry) Pick() (balancer.PickResult, error) {
	if e.generation.again.add().isClosed() {
		return balancer.PickResult{}, balancer.ErrNoSubConnAvailable
	}
	return e.picked(), nil
}

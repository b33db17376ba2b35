package rrgroup

import (
	"sync/atomic"

	"google.golang.org/grpc/balancer"

	"github.com/actorlb/grpclb/tokens"
)

// calls count the picks of a generation and how its calls ended, and run the
// drain closure when the last of them is over.
//
// A pick takes a turn of the rotation in one atomic add. To retire the generation
// the group closes the counters of picks, which gives the number of picks, P. Then
// it closes each entry's counter of finished calls, which gives S in all. A call
// that ends at a closed entry takes one off outstanding; the group adds P - S to
// it when all are closed. So outstanding is below zero until then, and is the
// number of calls in flight afterwards. Whoever brings it to zero runs the drain
// closure: each call is on one side of the close of its entry, so that happens
// once.
type calls struct {
	_     [64]byte // the line of turns is written by every pick
	turns counter  // of the rotation; for a child policy, of the drops alone
	_     [64]byte
	again counter // picks that take no turn: they use one that is owed, or a child policy picks
	odd   oddities

	outstanding atomic.Int64 // see above
	drain       func()       // set before the first entry is closed

	// Owned by the group.
	retired bool
	picks   int64            // once retired: all that there were
	lastly  uint64           // once retired: turns that there were
	untold  []tokens.Dropped // once retired: what was dropped and is not told yet
}

// oddities count the finished calls of a generation that were not answered.
// They are few where things go well, so one line for all entries will do.
type oddities struct {
	unanswered atomic.Int64 // sent, and no byte came back
	unsent     atomic.Int64 // nothing was sent
	unused     atomic.Int64 // picks that gRPC did not use, and no calls
	owed       *owedTurns   // for the turns that unused picks took; nil if the list has no drops
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
		o.owed.owe()
	}
}

// await adds to the calls that a retired generation waits for. Whoever brings
// them to zero runs the drain closure.
func (c *calls) await(n int64) {
	if c.outstanding.Add(n) == 0 {
		c.drain()
	}
}

package rrgroup

import (
	"sync/atomic"

	"github.com/actorlb/grpclb/tokens"
)

// calls count the picks of a generation and how its calls ended. When the generation is
// retired and its last call has ended, they run the drain closure.
//
// A pick adds one to turns. The end of its call adds one to the counter of its entry. To
// retire the generation, the group closes the counters of picks and so gets the number of
// picks, P. Then it closes the counters of all entries and so gets the number of calls
// that have ended, S. A call that ends after that finds its counter closed, and subtracts
// one from outstanding instead. At last the group adds P - S to outstanding. Before that,
// outstanding is zero or negative; after that, it is the number of calls in flight.
// Whoever makes it zero runs the drain closure. Each call ends either before its counter
// is closed or after it, so that happens exactly once.
type calls struct {
	turns       *counter // of the rotation; with a child policy, turns that decide about drops
	again       counter  // picks that take no turn: they use an owed turn, or a child policy picks
	notAnswered notAnswered

	outstanding atomic.Int64 // see above
	drain       func()       // set before the counter of the first entry is closed

	// Owned by the group.
	retired bool
	picks   int64            // when retired: the number of picks
	taken   uint64           // when retired: the number of turns
	untold  []tokens.Dropped // when retired: drops that were not reported yet
}

// notAnswered counts the ended calls of a generation that were not answered. There are few
// of them as long as the backends work, so all entries share one set of counters.
type notAnswered struct {
	sent   atomic.Int64 // sent, and no byte came back
	unsent atomic.Int64 // nothing was sent
	unused atomic.Int64 // gRPC did not use the pick, so there was no call
	owed   *owedTurns   // takes the turns of unused picks; nil if the list has no drops
}

// mark counts a call that was not answered. That comes before the call is counted as
// finished, so a report never takes it for an answered one. If gRPC did not use the pick,
// because the connection broke meanwhile, its DoneInfo is zero.
func (n *notAnswered) mark(sent, failed bool) {
	switch {
	case sent:
		n.sent.Add(1)
	case failed:
		n.unsent.Add(1)
	default:
		n.unused.Add(1)
		n.owed.owe()
	}
}

// await adds n to outstanding. Whoever makes that zero runs the drain closure.
func (c *calls) await(n int64) {
	if c.outstanding.Add(n) == 0 {
		c.drain()
	}
}

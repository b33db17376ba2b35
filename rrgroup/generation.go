package rrgroup

import (
	"time"

	"google.golang.org/grpc/connectivity"
)

// A generation is made from a plan. It has the entries, the counters of their calls, and
// the chooser between them.
type generation struct {
	// Fixed from the start.
	number uint64    // from 1, in the order in which plans were adopted
	since  time.Time // when the plan was adopted
	size   int       // places in the rotation

	provenance Provenance

	// Fixed until the generation is retired, and nil after that: each call in flight keeps
	// its generation in memory, and there may be very many retired generations.
	plan   *Plan
	blocks [][]entry  // the backends of the rotation, without drops; see method entry
	drops  *dropTable // nil if the list has none

	calls
	pings counter // turns of pings

	by chooser // owned by the group
}

// newGeneration makes a generation with a rotation that has no SubConns yet. The rotation
// starts after an entry that random selects.
func newGeneration(plan *Plan, now time.Time, random uint64) *generation {
	n := plan.size()
	turns := newTurns()
	g := &generation{
		plan: plan, since: now, size: n, provenance: plan.Provenance,
		blocks: newBlocks(n), calls: calls{turns: &turns[0]},
	}
	for i, b := range plan.backends() {
		e := g.entry(i)
		e.generation, e.backend = g, b
	}
	g.countFinished(turns)
	r := &rotation{of: g}
	if n > 0 {
		r.last = g.entry(int(random % uint64(n)))
	}
	g.by = r
	return g
}

// dropBy makes the drop table if the list has drops.
func (g *generation) dropBy(owed *owedTurns) {
	if g.plan.drops() {
		g.drops, g.notAnswered.owed = newDropTable(g.plan.List, g.turns, owed), owed
	}
}

// block is how many entries are allocated together: a kilobyte, with the 8 bytes that
// the runtime needs. A call in flight keeps only the block of its entry in memory.
const block = 21

func newBlocks(entries int) [][]entry {
	blocks := make([][]entry, 0, (entries+block-1)/block)
	for ; entries > 0; entries -= block {
		blocks = append(blocks, make([]entry, min(entries, block)))
	}
	return blocks
}

// entry returns the entry at a place in the rotation.
func (g *generation) entry(place int) *entry { return &g.blocks[place/block][place%block] }

// anyReady reports whether a backend is READY. It is false if the list has only drops,
// although the state is READY then.
func (g *generation) anyReady() bool {
	return !g.dropsAll() && g.by.state() == connectivity.Ready
}

// dropsAll reports whether the list has only drops, so that every call is dropped.
func (g *generation) dropsAll() bool { return g.size == 0 && g.drops != nil }

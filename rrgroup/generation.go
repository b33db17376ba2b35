package rrgroup

import (
	"time"

	"google.golang.org/grpc/connectivity"
)

// A generation is a plan at work: its entries, the counts of their calls, and what
// chooses among them.
type generation struct {
	// Fixed from the start.
	number uint64    // from 1, in the order in which plans were adopted
	since  time.Time // when the plan was adopted
	size   int       // places in the rotation

	provenance Provenance

	// Fixed until the generation is retired, and forgotten then: a call in flight keeps
	// its generation in memory, and there may be very many.
	plan   *Plan
	blocks [][]entry  // the rotation, drop entries left out; see entry
	drops  *dropTable // nil if the list has none

	calls
	pings counter // over the entries that are READY

	by chooser // owned by the group
}

// newGeneration makes the entries of a plan, in a rotation without SubConns. The
// rotation starts behind the entry that random picks.
func newGeneration(plan *Plan, now time.Time, random uint64) *generation {
	n := plan.size()
	g := &generation{
		plan: plan, since: now, size: n, provenance: plan.Provenance,
		blocks: newBlocks(n), calls: calls{shared: new(shared)},
	}
	r := &rotation{of: g}
	if n > 0 {
		r.last = int(random % uint64(n))
	}
	g.by = r
	for i, b := range plan.backends() {
		e := g.entry(i)
		e.generation, e.place, e.backend = g, uint32(i), b
	}
	return g
}

// dropBy gives the generation the drops that its list has.
func (g *generation) dropBy(owed *owedTurns) {
	if g.plan.drops() {
		g.drops, g.odd.owed = newDropTable(g.plan.List, &g.turns, owed), owed
	}
}

// block is how many entries are allocated together. A call in flight keeps the block of
// its entry in memory, which is a kilobyte, and not all entries of the generation.
const block = 16

func newBlocks(entries int) [][]entry {
	blocks := make([][]entry, 0, (entries+block-1)/block)
	for ; entries > 0; entries -= block {
		blocks = append(blocks, make([]entry, min(entries, block)))
	}
	return blocks
}

// entry returns the entry at a place in the rotation.
func (g *generation) entry(place int) *entry { return &g.blocks[place/block][place%block] }

// anyReady reports whether one of the backends is READY.
func (g *generation) anyReady() bool {
	return !g.dropsAll() && g.by.state() == connectivity.Ready
}

// dropsAll reports whether the list consists of drops alone: then every call
// is dropped, though no backend is READY.
func (g *generation) dropsAll() bool { return g.size == 0 && g.drops != nil }

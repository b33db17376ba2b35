package rrgroup

import (
	"slices"
	"time"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"

	"github.com/actorlb/grpclb/hosted"
)

// A generation is a plan at work: its places in the rotation and the SubConns
// behind them.
type generation struct {
	// Fixed from the start.
	number uint64    // from 1, in the order in which plans were adopted
	since  time.Time // when the plan was adopted
	size   int       // places in the rotation

	// Fixed until it is retired, and forgotten then: what a call in flight names
	// keeps its generation, which may be one of very many.
	plan   *Plan
	blocks [][]entry  // the rotation, drop entries left out; see entry
	conns  []*subConn // conns[i] is behind entry i; nil if a child picks
	drops  *dropTable // nil if the list has none

	calls
	pings counter // over the entries that are READY

	// Owned by the group.
	distinct []*subConn  // its SubConns, each once
	tally    standing    // the same, by how they stand
	picker   *roundRobin // built last; nil before the first
	last     int         // the place picked last when it was built
	stale    bool        // what is READY is no longer that of the picker
	err      error       // of the SubConn that failed to connect last

	term *hosted.Term // if a child chooses
}

// newGeneration builds the rotation of plan, without SubConns yet. The sequence
// starts behind the entry that random picks.
func newGeneration(plan *Plan, now time.Time, random uint64) *generation {
	n := plan.size()
	g := &generation{plan: plan, since: now, size: n, blocks: newBlocks(n)}
	if n > 0 {
		g.last = int(random % uint64(n))
	}
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

// A block is what entries are allocated by. An entry that is in use keeps the
// block that it is in, a kilobyte, and not the generation's thousands.
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

// connect claims the SubConns behind the entries from the pool. What the
// generation before has in the same place needs no look-up there.
func (g *generation) connect(p *pool, before *generation) {
	last := before.cursor()
	g.conns = make([]*subConn, g.size)
	for i, b := range g.plan.backends() {
		c := last.meet(b.Addr, g.plan.CheckHealth)
		if c == nil {
			c = p.find(listedKey(b.Addr, g.plan.CheckHealth))
		}
		p.takeUp(c)
		g.conns[i] = c
		switch isNew := c.serve(g); {
		case !isNew && g.distinct == nil: // the first address that is listed twice
			g.distinct = slices.Clone(g.conns[:i])
		case isNew && g.distinct != nil:
			g.distinct = append(g.distinct, c)
		}
	}
	if g.distinct == nil {
		g.distinct = g.conns
	}
}

// leave takes the generation off its SubConns and returns those that it needs no
// more. Those that have ever been READY may have calls in flight, and are held
// until it has drained.
func (g *generation) leave() (free []*subConn) {
	if g.hosted() {
		g.term.Leave()
		return nil // its SubConns are held already
	}
	held := g.distinct[:0]
	for _, c := range g.distinct {
		c.serving.swap(g, nil)
		if !c.wasReady {
			free = append(free, c)
			continue
		}
		c.held++
		held = append(held, c)
	}
	g.distinct, g.conns = held, nil
	return free
}

// anyReady reports whether one of the backends is READY.
func (g *generation) anyReady() bool {
	return g.tally.ready > 0 || g.hosted() && g.state() == connectivity.Ready
}

// state is the aggregate of the generation's backends. See state.aggregate.
func (g *generation) state() connectivity.State {
	switch {
	case g.hosted():
		return g.term.State()
	case g.tally.ready > 0 || g.dropsAll():
		return connectivity.Ready
	case g.tally.pending > 0:
		return connectivity.Connecting
	case g.size == 0 && g.plan.Unserved == nil:
		return connectivity.Connecting // an empty list: calls wait
	default:
		return connectivity.TransientFailure
	}
}

// hosted reports whether a child chooses for the generation.
func (g *generation) hosted() bool { return g != nil && g.term != nil }

// resting returns what the child has published if it rests, or nil.
func (g *generation) resting() *balancer.State {
	if !g.hosted() {
		return nil
	}
	return g.term.Resting()
}

// dropsAll reports whether the list consists of drops alone: then every call
// is dropped, though no backend is READY.
func (g *generation) dropsAll() bool { return g.size == 0 && g.drops != nil }

// trying reports whether a backend is being connected that was neither READY nor
// failed since there was the generation. Of a child it is known only whether that
// is so of all.
func (g *generation) trying() bool {
	if g.hosted() {
		return g.term.Trying()
	}
	return g.tally.first > 0
}

// arrived reports whether the generation should take over by itself: its first
// backend is READY, or there is none left to wait for. While others serve, the
// failures of backends that were not tried since the plan came do not count:
// they may be long over, and the next attempt is only waited for.
//
// A child has to be heard out first.
func (g *generation) arrived(served bool) bool {
	if g.hosted() && !g.term.Heard() {
		return false
	}
	if served && g.tally.ready == 0 && g.tally.untried > 0 {
		return false
	}
	return g.state() != connectivity.Connecting || g.size == 0
}

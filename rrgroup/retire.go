package rrgroup

import "github.com/actorlb/grpclb/tokens"

// retire closes all counters of the generation, so that its picks are refused. The drain
// closure runs when the last call in flight has ended, which may be at once. The plan,
// the drop table and the entries can be freed then, except for blocks of entries that
// calls in flight use.
func (g *generation) retire(drain func()) {
	g.drain = drain
	turns, again := g.turns.close(), g.again.close()
	g.picks, g.taken = g.by.picks(turns, again), turns
	if g.drops != nil {
		g.untold = g.drops.newDrops(turns)
	}
	finished := int64(0)
	for i := range g.size {
		finished += int64(g.entry(i).finished.close())
	}
	g.retired = true
	g.plan, g.blocks, g.drops = nil, nil, nil
	g.by.forget()
	g.await(g.picks - finished)
}

// begun returns how many picks there were.
func (g *generation) begun() int64 {
	if g.retired {
		return g.picks
	}
	return g.by.picks(g.turns.now(), g.again.now())
}

// started returns how many calls there were: picks that gRPC used.
func (g *generation) started() int64 {
	unused := g.notAnswered.unused.Load()
	return g.begun() - unused
}

// over returns how many calls have ended, with picks that gRPC did not use. Call begun
// after it: then begun returns at least as many.
func (g *generation) over() (n int64) {
	if g.retired {
		return g.picks - g.outstanding.Load()
	}
	for _, b := range g.blocks {
		for i := range b {
			n += int64(b[i].finished.now())
		}
	}
	return n
}

// turn returns the number of turns of the drop rotation, with those of earlier lists.
func (g *generation) turn() uint64 {
	if g.retired {
		return g.taken
	}
	return g.turns.now()
}

// dropped returns how many calls were dropped since it was called last.
func (g *generation) dropped() (all []tokens.Dropped) {
	if g.drops != nil {
		return g.drops.newDrops(g.turns.now())
	}
	all, g.untold = g.untold, nil
	return all
}

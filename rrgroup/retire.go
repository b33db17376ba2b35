package rrgroup

import "github.com/actorlb/grpclb/tokens"

// retire lets the generation end: no pick succeeds any more, and when the last
// call in flight is over, which may be now, the drain closure runs. Until then
// nothing is kept but what the calls need.
func (g *generation) retire(drain func()) {
	g.drain = drain
	turns, again := g.turns.close(), g.again.close()
	g.picks, g.taken = g.by.picks(turns, again), turns
	if g.drops != nil {
		g.untold = g.drops.newDrops(turns)
	}
	finished := int64(0)
	for i := range g.size {
		finished += int64(g.entry(i).finished().close())
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

// over returns how many of the picks are over. To have begun at least as many, ask
// for those afterwards.
func (g *generation) over() (n int64) {
	if g.retired {
		return g.picks - g.outstanding.Load()
	}
	for _, b := range g.blocks {
		for i := range b {
			n += int64(b[i].finished().now())
		}
	}
	return n
}

// turn returns how many turns of the drops there were, those of lists before
// included.
func (g *generation) turn() uint64 {
	if g.retired {
		return g.taken
	}
	return g.turns.now()
}

// dropped returns what was dropped since it was asked last.
func (g *generation) dropped() (all []tokens.Dropped) {
	if g.drops != nil {
		return g.drops.newDrops(g.turns.now())
	}
	all, g.untold = g.untold, nil
	return all
}

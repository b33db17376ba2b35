package rrgroup

import (
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
)

// A roundRobin is the picker of a generation with READY backends. It is
// immutable; readiness changes make a new one over the same generation.
type roundRobin struct {
	picks  *rotation // the generation's
	ready  []*entry  // in the order of the list, never empty
	offset uint64    // maps the count of picks to a place in ready
	drops  *dropTable
}

// Pick takes the next entry in turn, unless the drop rotation has the call
// dropped first. It neither waits nor allocates.
func (p *roundRobin) Pick(balancer.PickInfo) (balancer.PickResult, error) {
	if p.drops != nil && p.drops.drop() {
		return balancer.PickResult{}, errDropped
	}
	return p.ready[p.picks.turn(len(p.ready), p.offset)].pick()
}

// newPicker builds a picker over the entries that are READY now. It carries
// the sequence on: its first pick is the first of them behind the entry that
// was picked last.
func (g *generation) newPicker() *roundRobin {
	count := g.picks.next.Load()
	g.last = g.lastPicked(count)
	ready, after := g.readyEntries()
	n := uint64(len(ready))
	g.picker = &roundRobin{
		picks:  &g.picks,
		ready:  ready,
		offset: (uint64(after) + n - (count+1)%n) % n,
		drops:  g.drops,
	}
	g.stale = false
	return g.picker
}

// lastPicked returns the place of the entry that pick number count went to.
func (g *generation) lastPicked(count uint64) int {
	p := g.picker
	if p == nil || count == 0 {
		return g.last
	}
	return p.ready[(count+p.offset)%uint64(len(p.ready))].place
}

// readyEntries returns the READY entries in the order of the list and which of
// them comes first behind the entry picked last.
func (g *generation) readyEntries() (ready []*entry, after int) {
	ready = make([]*entry, 0, g.tally.ready)
	before := 0
	for i, c := range g.conns {
		if c.state != connectivity.Ready {
			continue
		}
		if i <= g.last {
			before++
		}
		ready = append(ready, g.entries[i].over(c.sc))
	}
	return ready, before % len(ready)
}

// over makes picks of e go to sc. It writes only before e is first published:
// the SubConn of an entry never changes.
func (e *entry) over(sc balancer.SubConn) *entry {
	if e.result.SubConn == nil {
		e.result.SubConn = sc
	}
	return e
}

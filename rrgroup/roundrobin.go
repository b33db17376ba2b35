package rrgroup

import (
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
)

// A roundRobin is the picker of a generation with READY backends. It is
// immutable; readiness changes make a new one over the same generation.
type roundRobin struct {
	picks  *rotation // the generation's
	pings  *rotation // the same, of pings
	ready  []*entry  // in the order of the list, never empty
	offset uint64    // maps the count of picks to a place in ready
	since  uint64    // the count of picks when it was built
	drops  *dropTable
}

// Pick takes the next entry in turn, unless the drop rotation has the call
// dropped first. It neither waits nor, but for a ping, allocates.
func (p *roundRobin) Pick(info balancer.PickInfo) (balancer.PickResult, error) {
	if isPing(info) {
		return p.ping(info)
	}
	if p.drops != nil {
		if err := p.drops.drop(); err != nil {
			return balancer.PickResult{}, err
		}
	}
	// The rest is entry.pick, which the compiler does not inline. Where there is
	// no choice nobody has to take turns.
	e := p.ready[0]
	if n := len(p.ready); n > 1 {
		e = p.ready[p.picks.turn(n, p.offset)]
	}
	if !e.take() {
		p.drops.owe()
		return e.refuse()
	}
	return e.result, nil
}

// newPicker builds a picker over the entries that are READY now. It carries
// the sequence on: its first pick is the first of them behind the entry that
// was picked last.
func (g *generation) newPicker() *roundRobin {
	g.last = g.lastPicked()
	ready, after := g.readyEntries()
	n, next := uint64(len(ready)), g.picks.next.Load()
	p := &roundRobin{
		picks:  &g.picks,
		pings:  &g.pings,
		ready:  ready,
		offset: (uint64(after) + n - next%n) % n,
		drops:  g.drops,
	}
	p.since = p.count()
	g.picker, g.stale = p, false
	return p
}

// lastPicked returns the place of the entry that was picked last.
func (g *generation) lastPicked() int {
	p := g.picker
	if p == nil {
		return g.last
	}
	count := p.count()
	switch {
	case count == p.since:
		return g.last
	case len(p.ready) == 1:
		return p.ready[0].place
	default:
		return p.ready[(count-1+p.offset)%uint64(len(p.ready))].place
	}
}

// count returns a number that grows with each pick of p.
func (p *roundRobin) count() uint64 {
	if len(p.ready) == 1 {
		return p.ready[0].picks()
	}
	return p.picks.next.Load()
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
		ready = append(ready, g.entry(i).over(c.sc))
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

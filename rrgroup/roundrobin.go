package rrgroup

import (
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
)

// A roundRobin is the picker of a rotation with READY backends. It does not change. When
// other backends are READY, the rotation makes a new one.
type roundRobin struct {
	turns  *counter   // the generation's
	ready  []*entry   // in the order of the list, never empty
	size   divisor    // len(ready)
	offset uint64     // added to the number of picks, to get a place in ready
	drops  *dropTable // nil if the list has none
	again  *counter   // the generation's
	pings  *counter   // the generation's
	since  uint64     // the number of picks when it was made
	door   Door
}

// Pick picks the next entry in turn, or drops the call if it is a drop's turn. It never
// waits. It allocates only for a ping and for the first pick of an entry.
func (p *roundRobin) Pick(info balancer.PickInfo) (balancer.PickResult, error) {
	if isOwn(info) {
		return p.own(info)
	}
	if p.drops != nil {
		return p.pickOrDrop()
	}
	w := p.turns.add()
	if w.isClosed() {
		return balancer.PickResult{}, balancer.ErrNoSubConnAvailable
	}
	return p.at(uint64(w) - 1).picked(), nil
}

// at returns the entry for the next pick after this number of picks.
func (p *roundRobin) at(picks uint64) *entry {
	if len(p.ready) == 1 {
		return p.ready[0]
	}
	_, place := p.size.divide(picks + p.offset)
	return p.ready[place]
}

// pickOrDrop is Pick for lists with drops.
func (p *roundRobin) pickOrDrop() (balancer.PickResult, error) {
	if p.drops.owed.collect() {
		return p.pickAgain()
	}
	passed, err := p.drops.take()
	if err != nil {
		return balancer.PickResult{}, err
	}
	return p.at(passed + p.again.now()).picked(), nil
}

// pickAgain picks with an owed turn of the drop rotation. Counter again moves the round
// robin on, so the entry is the one that a pick with a new turn would get.
func (p *roundRobin) pickAgain() (balancer.PickResult, error) {
	w := p.again.add()
	if w.isClosed() {
		p.drops.owe()
		return balancer.PickResult{}, balancer.ErrNoSubConnAvailable
	}
	passed, _ := p.drops.passed(p.turns.now())
	return p.at(passed + uint64(w) - 1).picked(), nil
}

// picks returns the number of picks by all pickers of the generation. If the list has
// drops, picks of the earlier lists are included.
func (p *roundRobin) picks() uint64 {
	turns := p.turns.now()
	if p.drops != nil {
		turns, _ = p.drops.passed(turns)
	}
	return turns + p.again.now()
}

// newRoundRobin returns a picker over these entries of g, with offset 0.
func newRoundRobin(g *generation, ready []*entry) *roundRobin {
	return &roundRobin{
		turns: g.turns,
		ready: ready,
		size:  newDivisor(len(ready)),
		drops: g.drops,
		again: &g.again,
		pings: &g.pings,
	}
}

// newPicker makes a picker over the entries that are READY now. It continues the sequence:
// its first pick is the first READY entry after the one that was picked last.
func (r *rotation) newPicker(door Door) *roundRobin {
	r.last = r.lastPicked()
	ready, after := r.readyEntries()
	p := newRoundRobin(r.of, ready)
	p.door = door
	p.since = p.picks()
	_, place := p.size.divide(p.since)
	p.offset = uint64(after+len(ready)) - place
	r.built, r.stale = p, false
	return p
}

// lastPicked returns the entry that was picked last.
func (r *rotation) lastPicked() *entry {
	p := r.built
	if p == nil {
		return r.last
	}
	picks := p.picks()
	if picks == p.since {
		return r.last
	}
	return p.at(picks - 1)
}

// readyEntries returns the READY entries in the order of the list, and the place among them
// of the first one after the entry that was picked last.
func (r *rotation) readyEntries() (ready []*entry, after int) {
	ready = make([]*entry, 0, r.tally.ready)
	for i, c := range r.conns {
		e := r.of.entry(i)
		if c.state == connectivity.Ready {
			ready = append(ready, e.onto(c.sc))
		}
		if e == r.last {
			after = len(ready)
		}
	}
	return ready, after % len(ready)
}

// onto sets the SubConn for picks of e. It writes only the first time, before a picker with
// e is published: the SubConn of an entry never changes.
func (e *entry) onto(sc balancer.SubConn) *entry {
	if e.conn == nil {
		e.conn = sc
	}
	return e
}

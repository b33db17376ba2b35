package rrgroup

import (
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
)

// A roundRobin is the picker of a generation with READY backends. It is
// immutable; readiness changes make a new one over the same generation.
type roundRobin struct {
	turns  *counter   // the generation's
	ready  []*entry   // in the order of the list, never empty
	size   divisor    // len(ready)
	offset uint64     // maps the count of picks to a place in ready
	drops  *dropTable // nil if the list has none
	again  *counter   // the generation's
	pings  *counter   // the same
	since  uint64     // the count of picks when it was built
	door   Door
}

// Pick takes the next entry in turn, unless the list has the call dropped. It
// neither waits nor, but for a ping and the first pick of an entry, allocates.
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

// at returns the entry for the pick after so many others.
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

// pickAgain is a pick that uses a turn of the drops that is owed. It goes where a
// pick with a turn of its own would have gone, and the next one goes further.
func (p *roundRobin) pickAgain() (balancer.PickResult, error) {
	w := p.again.add()
	if w.isClosed() {
		p.drops.owe()
		return balancer.PickResult{}, balancer.ErrNoSubConnAvailable
	}
	passed, _ := p.drops.passed(p.turns.now())
	return p.at(passed + uint64(w) - 1).picked(), nil
}

// picks returns how many picks there were, by all pickers of the generation and,
// if the list has drops, by the lists before it.
func (p *roundRobin) picks() uint64 {
	turns := p.turns.now()
	if p.drops != nil {
		turns, _ = p.drops.passed(turns)
	}
	return turns + p.again.now()
}

// newRoundRobin returns a picker over these entries of g, shifted by nothing.
func newRoundRobin(g *generation, ready []*entry) *roundRobin {
	return &roundRobin{
		turns: &g.turns,
		ready: ready,
		size:  newDivisor(len(ready)),
		drops: g.drops,
		again: &g.again,
		pings: &g.pings,
	}
}

// newPicker builds a picker over the entries that are READY now. It carries
// the sequence on: its first pick is the first of them behind the entry that
// was picked last.
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

// lastPicked returns the place of the entry that was picked last.
func (r *rotation) lastPicked() int {
	p := r.built
	if p == nil {
		return r.last
	}
	picks := p.picks()
	if picks == p.since {
		return r.last
	}
	return int(p.at(picks - 1).place)
}

// readyEntries returns the READY entries in the order of the list and which of
// them comes first behind the entry picked last.
func (r *rotation) readyEntries() (ready []*entry, after int) {
	ready = make([]*entry, 0, r.tally.ready)
	before := 0
	for i, c := range r.conns {
		if c.state != connectivity.Ready {
			continue
		}
		if i <= r.last {
			before++
		}
		ready = append(ready, r.of.entry(i).onto(c.sc))
	}
	return ready, before % len(ready)
}

// onto makes picks of e go to sc. It writes only before e is first published:
// the SubConn of an entry never changes.
func (e *entry) onto(sc balancer.SubConn) *entry {
	if e.result.SubConn == nil {
		e.result.SubConn = sc
	}
	return e
}

package rrgroup

import (
	"slices"
	"time"

	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"
)

// A pool holds every SubConn of the group that is not shut down: those that a
// generation names and those that linger. There is one for each address and
// provenance. What has to be done to a SubConn it leaves in todo.
type pool struct {
	conns   [2]*resolver.AddressMapV2[*subConn] // by Provenance
	leaving []leaving
	names   int // of SubConns, in all of leaving
	todo    []action
}

// A leaving is a set of SubConns that were released at the same time. Some
// may have been taken up again since.
type leaving struct {
	until time.Time
	conns []*subConn
}

func newPool() pool {
	return pool{conns: [2]*resolver.AddressMapV2[*subConn]{
		FromBalancer: resolver.NewAddressMapV2[*subConn](),
		FromResolver: resolver.NewAddressMapV2[*subConn](),
	}}
}

// claim returns the SubConn for an address, for a generation to be served by.
// One that lingers is taken up again; one that is new is made.
func (p *pool) claim(address resolver.Address, from Provenance) *subConn {
	c := p.find(address, from)
	p.takeUp(c)
	return c
}

// find returns the SubConn for an address, which is made if it is new.
func (p *pool) find(address resolver.Address, from Provenance) *subConn {
	address = bare(address)
	c, ok := p.conns[from].Get(address)
	if !ok {
		c = &subConn{address: address, provenance: from}
		p.conns[from].Set(address, c)
		p.todo = append(p.todo, action{do: makeSubConn, conn: c})
	}
	c.until = time.Time{}
	return c
}

// takeUp connects a SubConn that nobody had connect. What it failed at before
// does not count against it now, even if it still waits to try again: who
// names it waits for what the next attempt brings.
func (p *pool) takeUp(c *subConn) {
	if c.wanted() {
		return
	}
	c.failed = false
	if c.state == connectivity.Idle {
		p.todo = append(p.todo, action{do: connect, conn: c})
	}
}

// release lets those of conns go that nobody needs now. They linger until the
// given time, but one that never connected is shut down at once.
func (p *pool) release(conns []*subConn, now, until time.Time) {
	var lingering []*subConn
	for _, c := range conns {
		switch {
		case !c.idle() || c.gone || !c.until.IsZero():
		case !c.wasReady || !until.After(now):
			p.shutDown(c)
		default:
			c.until = until
			lingering = append(lingering, c)
		}
	}
	if len(lingering) > 0 {
		p.leaving = append(p.leaving, leaving{until, lingering})
		p.names += len(lingering)
		p.tidy()
	}
}

// tidy forgets what was taken up again, if that is most of what leaving names:
// lists that come and go quickly would leave a set each for as long as SubConns
// linger.
func (p *pool) tidy() {
	if p.names <= 2*(p.conns[FromBalancer].Len()+p.conns[FromResolver].Len()) {
		return
	}
	p.names = 0
	for i := range p.leaving {
		l := &p.leaving[i]
		l.conns = slices.DeleteFunc(l.conns, func(c *subConn) bool { return !c.until.Equal(l.until) })
		p.names += len(l.conns)
	}
	p.leaving = slices.DeleteFunc(p.leaving, func(l leaving) bool { return len(l.conns) == 0 })
}

// expire shuts down what has lingered long enough.
func (p *pool) expire(now time.Time) {
	rest := p.leaving[:0]
	for _, l := range p.leaving {
		if l.until.After(now) {
			rest = append(rest, l)
			continue
		}
		p.names -= len(l.conns)
		p.shutDownAll(l)
	}
	clear(p.leaving[len(rest):])
	p.leaving = rest
}

// shutDownAll shuts those SubConns down that have lingered since they were put
// in l: one that was taken up meanwhile is none of l's business.
func (p *pool) shutDownAll(l leaving) {
	for _, c := range l.conns {
		if c.until.Equal(l.until) && !c.gone {
			p.shutDown(c)
		}
	}
}

// nextExpiry returns when to call expire next; zero if nothing lingers.
func (p *pool) nextExpiry() time.Time {
	var next time.Time
	for _, l := range p.leaving {
		next = earlier(next, l.until)
	}
	return next
}

func (p *pool) shutDown(c *subConn) {
	c.gone = true
	p.conns[c.provenance].Delete(c.address)
	p.todo = append(p.todo, action{do: shutDown, conn: c})
}

// all returns every SubConn of the pool.
func (p *pool) all() []*subConn {
	return append(p.conns[FromBalancer].Values(), p.conns[FromResolver].Values()...)
}

// size returns how many SubConns there are, and how many of them linger.
func (p *pool) size() (total, lingering int) {
	for _, c := range p.all() {
		total++
		if c.idle() {
			lingering++
		}
	}
	return total, lingering
}

// earlier returns the earlier of two times, of which zero means never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}

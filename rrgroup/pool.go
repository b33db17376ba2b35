package rrgroup

import (
	"slices"
	"time"

	"google.golang.org/grpc/connectivity"
)

// A pool has all SubConns of the group that are not shut down: those that a generation or a
// child needs, and those that linger. There is one for each key.
type pool struct {
	conns   map[string]*subConn // by Addr, the first SubConn with it; subConn.next is the second
	size    int                 // number of SubConns
	states  [4]int              // how many of these are in each connectivity.State, from IDLE to TRANSIENT_FAILURE
	leaving []leaving           // in the order in which they expire
	names   int                 // number of SubConns in all elements of leaving
}

// A leaving is a set of SubConns that linger until the same time. Some of them may be in
// use again by then.
type leaving struct {
	until time.Time
	conns []*subConn
}

func newPool() pool { return pool{conns: make(map[string]*subConn)} }

// get returns the SubConn for a key, or nil.
func (p *pool) get(k key) *subConn {
	c := p.conns[k.address.Addr]
	for c != nil && !c.connects(k) {
		c = c.next
	}
	return c
}

// add adds a new SubConn. SubConns with the same Addr form a linked list. They differ in
// provenance, health checks, ServerName or attributes, so there are few.
func (p *pool) add(c *subConn) {
	at := c.address.Addr
	c.next, p.conns[at] = p.conns[at], c
	p.size++
	p.states[c.state]++
}

// remove removes a SubConn. The caller has to shut it down.
func (p *pool) remove(c *subConn) {
	at := c.address.Addr
	c.gone = true
	p.size--
	p.states[c.state]--
	if first := p.conns[at]; first != c {
		for first.next != c {
			first = first.next
		}
		first.next = c.next
	} else if c.next != nil {
		p.conns[at] = c.next
	} else {
		delete(p.conns, at)
	}
	c.next = nil
}

// moved notes that the state of a SubConn has changed.
func (p *pool) moved(from, to connectivity.State) {
	p.states[from]--
	p.states[to]++
}

// find returns the SubConn for a key, and whether it is new. If it lingered, that ends.
func (p *pool) find(k key) (c *subConn, isNew bool) {
	if c = p.get(k); c == nil {
		c, isNew = &subConn{key: k}, true
		p.add(c)
	}
	c.until = time.Time{}
	return c, isNew
}

// letGo lets go those of conns that nobody needs now. Those that have been READY linger
// until the given time. It returns the others, which the caller has to shut down at once.
func (p *pool) letGo(conns []*subConn, now, until time.Time) (shut []*subConn) {
	var lingering []*subConn
	for _, c := range conns {
		switch {
		case !c.isFree() || c.gone || !c.until.IsZero():
		case !c.wasReady || !until.After(now):
			p.remove(c)
			shut = append(shut, c)
		default:
			c.until = until
			lingering = append(lingering, c)
		}
	}
	if len(lingering) > 0 {
		p.leave(until, lingering)
		p.tidy()
	}
	return shut
}

// leave notes until when SubConns linger. The sets are in the order of time; a new one is
// the last unless the linger time was shortened.
func (p *pool) leave(until time.Time, conns []*subConn) {
	p.names += len(conns)
	at := len(p.leaving)
	for at > 0 && p.leaving[at-1].until.After(until) {
		at--
	}
	if at > 0 && p.leaving[at-1].until.Equal(until) {
		p.leaving[at-1].conns = append(p.leaving[at-1].conns, conns...)
		return
	}
	p.leaving = slices.Insert(p.leaving, at, leaving{until, conns})
}

// tidy removes SubConns that are in use again from leaving, if leaving has more than twice
// as many as the pool. Otherwise leaving would grow while lists replace each other quickly,
// because each handover adds a set that stays until it expires.
func (p *pool) tidy() {
	if p.names <= 2*p.size {
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

// expire removes and returns the SubConns whose linger time is over, which the caller has to
// shut down. A SubConn that is in use again is not among them.
func (p *pool) expire(now time.Time) (shut []*subConn) {
	due := 0
	for ; due < len(p.leaving) && !p.leaving[due].until.After(now); due++ {
		l := p.leaving[due]
		p.names -= len(l.conns)
		for _, c := range l.conns {
			if c.until.Equal(l.until) && !c.gone {
				p.remove(c)
				shut = append(shut, c)
			}
		}
	}
	p.leaving = slices.Delete(p.leaving, 0, due)
	return shut
}

// nextExpiry returns when to call expire next; zero if nothing lingers.
func (p *pool) nextExpiry() time.Time {
	if len(p.leaving) == 0 {
		return time.Time{}
	}
	return p.leaving[0].until
}

// empty removes and returns all SubConns, which the caller has to shut down.
func (p *pool) empty() []*subConn {
	all := p.all()
	for _, c := range all {
		p.remove(c)
	}
	return all
}

// all returns every SubConn of the pool.
func (p *pool) all() []*subConn {
	all := make([]*subConn, 0, p.size)
	for _, c := range p.conns {
		for ; c != nil; c = c.next {
			all = append(all, c)
		}
	}
	return all
}

// lingering returns how many SubConns linger.
func (p *pool) lingering() (n int) {
	for _, c := range p.all() {
		if c.isFree() {
			n++
		}
	}
	return n
}

// earlier returns the earlier of two times, of which zero means never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}

package rrgroup

import (
	"slices"
	"time"

	"google.golang.org/grpc/connectivity"
)

// A pool holds every SubConn of the group that is not shut down: those that a
// generation names and those that linger. There is one for each key. What has to
// be done to a SubConn it leaves in todo.
type pool struct {
	conns   map[string]*subConn // the first of those with the same Addr
	size    int
	leaving []leaving // in the order in which they expire
	names   int       // of SubConns, in all of leaving
	todo    []action
}

// A leaving is a set of SubConns that were released at the same time. Some
// may have been taken up again since.
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

// add takes a new SubConn in. Few share their Addr: those that differ in whom
// they come from, in their name for the handshake or in attributes are linked.
func (p *pool) add(c *subConn) {
	at := c.address.Addr
	c.next, p.conns[at] = p.conns[at], c
	p.size++
}

// remove forgets a SubConn.
func (p *pool) remove(c *subConn) {
	at := c.address.Addr
	p.size--
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

// find returns the SubConn for a key, which is made if it is new. One that
// lingers does not any more.
func (p *pool) find(k key) *subConn {
	c := p.get(k)
	if c == nil {
		c = &subConn{key: k}
		p.add(c)
		p.todo = append(p.todo, makeSubConn{c})
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
		p.todo = append(p.todo, connect{c})
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
		p.leave(until, lingering)
		p.tidy()
	}
}

// leave notes until when SubConns linger: as a rule as long as those noted last,
// or longer, because time goes on.
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

// tidy forgets what was taken up again, if that is most of what leaving names:
// lists that come and go quickly would leave a set each for as long as SubConns
// linger.
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

// expire shuts down what has lingered long enough.
func (p *pool) expire(now time.Time) {
	due := 0
	for ; due < len(p.leaving) && !p.leaving[due].until.After(now); due++ {
		p.names -= len(p.leaving[due].conns)
		p.shutDownAll(p.leaving[due])
	}
	p.leaving = slices.Delete(p.leaving, 0, due)
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
	if len(p.leaving) == 0 {
		return time.Time{}
	}
	return p.leaving[0].until
}

func (p *pool) shutDown(c *subConn) {
	c.gone = true
	p.remove(c)
	p.todo = append(p.todo, shutDown{c})
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
		if c.idle() {
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

package rrgroup

import (
	"slices"
	"time"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
)

// A rotation has the backends of a list take turns. It is the group's own chooser.
type rotation struct {
	of *generation // fixed

	// Owned by the group.
	conns    []*subConn  // conns[i] is for the entry at place i; nil after leave
	distinct []*subConn  // each of conns once; after leave, those that are held
	tally    standing    // how many of distinct are in which state
	built    *roundRobin // the latest picker; nil before the first
	last     *entry      // the one that was picked last when built was made; at first at random
	stale    bool        // other SubConns are READY than when built was made
	err      error       // of the SubConn that failed to connect last
}

// connect finds or makes the SubConns for the entries, and connects them. For a backend
// that has nearly the same place in the generation before, it needs no look-up in the pool.
func (r *rotation) connect(c *core, before *generation) {
	last := cursorOver(before)
	r.conns = make([]*subConn, r.of.size)
	health := r.of.plan.CheckHealth
	for i, b := range r.of.plan.backends() {
		conn := last.meet(b.Addr, health)
		if conn == nil {
			conn = c.find(listedKey(b.Addr, health))
		}
		c.takeUp(conn)
		r.conns[i] = conn
		switch isNew := conn.serve(r); {
		case !isNew && r.distinct == nil: // the first address that is listed twice
			r.distinct = slices.Clone(r.conns[:i])
		case isNew && r.distinct != nil:
			r.distinct = append(r.distinct, conn)
		}
	}
	if r.distinct == nil {
		r.distinct = r.conns
	}
}

func (r *rotation) state() connectivity.State {
	switch {
	case r.tally.ready > 0 || r.of.dropsAll():
		return connectivity.Ready
	case r.tally.pending > 0:
		return connectivity.Connecting
	case r.of.size == 0 && r.of.plan.Unserved == nil:
		return connectivity.Connecting // an empty list: calls wait
	default:
		return connectivity.TransientFailure
	}
}

func (r *rotation) trying() bool { return r.tally.first > 0 }

// arrived: a backend is READY, or all have failed, or there is none. While the current
// generation has a READY backend, a failure from before the plan does not count: it may
// be long ago, and gRPC will try again.
func (r *rotation) arrived(served bool) bool {
	if served && r.tally.ready == 0 && r.tally.untried > 0 {
		return false
	}
	return r.state() != connectivity.Connecting || r.of.size == 0
}

func (r *rotation) unusable() bool           { return false }
func (r *rotation) resting() *balancer.State { return nil }
func (r *rotation) alone() bool              { return true }
func (r *rotation) failed() error            { return r.err }

func (r *rotation) picker(d *display) balancer.Picker {
	switch {
	case d.state == connectivity.Connecting:
		return d.newWaiting()
	case d.state == connectivity.TransientFailure:
		return d.newFailing()
	case r.of.dropsAll():
		return dropping{r.of.drops, d.newWaiting()}
	default:
		return r.newPicker(d.door)
	}
}

func (r *rotation) outdated(d *display) (bool, time.Duration) {
	switch d.state {
	case connectivity.Ready:
		return r.stale && !r.of.dropsAll(), quietFor(r.of.size)
	case connectivity.TransientFailure:
		return d.text != d.newest.failure().Error(), quietFailing
	default:
		return false, 0
	}
}

// picks: each turn is a pick, except the turns that dropped a call.
func (r *rotation) picks(turns, again uint64) int64 {
	if drops := r.of.drops; drops != nil {
		turns = drops.passedSince(turns)
	}
	return int64(turns + again)
}

func (r *rotation) backends() (all, ready int) { return len(r.distinct), r.tally.ready }

// leave detaches the rotation from its SubConns. SubConns that have been READY may have
// calls in flight, so they are held until the generation has drained. The others are not
// needed any more.
func (r *rotation) leave(c *core) {
	held := r.distinct[:0]
	for _, conn := range r.distinct {
		conn.serving.swap(r, nil)
		if !conn.wasReady {
			c.unneeded = append(c.unneeded, conn)
			continue
		}
		conn.held++
		held = append(held, conn)
	}
	clear(r.distinct[len(held):]) // a call in flight may keep the generation for long
	r.distinct, r.conns = held, nil
}

func (r *rotation) forget() { r.built = nil }

func (r *rotation) ended(c *core) {
	for _, conn := range r.distinct {
		if conn.held--; conn.isFree() {
			c.unneeded = append(c.unneeded, conn)
		}
	}
}

// A cursor goes through the SubConns of a rotation while the next rotation is made. In most
// lists, most backends are in the same order as in the list before. For those the cursor
// finds the SubConn without a look-up in the pool.
type cursor struct {
	conns []*subConn
	next  int // the place that should come next
}

// cursorOver returns a cursor over the rotation of a generation. It is empty if there is
// no generation, or if a child chooses for it.
func cursorOver(g *generation) cursor {
	if g == nil {
		return cursor{}
	}
	r, _ := g.by.(*rotation)
	if r == nil {
		return cursor{}
	}
	return cursor{conns: r.conns}
}

// meet returns the SubConn for a backend, if that is at most one place away from the next
// place; otherwise nil.
func (c *cursor) meet(addr string, health bool) *subConn {
	for _, place := range [...]int{c.next, c.next + 1, c.next - 1} {
		if place >= 0 && place < len(c.conns) && c.conns[place].lists(addr, health) {
			c.next = place + 1
			return c.conns[place]
		}
	}
	c.next++
	return nil
}

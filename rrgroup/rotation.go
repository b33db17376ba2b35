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

	// Owned by the group. When the generation is retired, only the held SubConns are kept.
	conns    []*subConn  // conns[i] is behind the entry at place i
	distinct []*subConn  // the same, each once
	tally    standing    // the same, by how they stand
	built    *roundRobin // the latest picker; nil before the first
	last     int         // the place picked last when it was built
	stale    bool        // it is not of those that are READY now
	err      error       // of the SubConn that failed to connect last
}

// connect finds the SubConns behind the entries. A backend that the generation before
// has in the same place needs no look-up in the pool.
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

// arrived: its first backend is READY, or there is none left to wait for. While
// others serve, the failures of backends that were not tried since the plan came do
// not count: they may have happened long ago, and the next attempt is still to come.
func (r *rotation) arrived(served bool) bool {
	if served && r.tally.ready == 0 && r.tally.untried > 0 {
		return false
	}
	return r.state() != connectivity.Connecting || r.of.size == 0
}

func (r *rotation) spent() bool              { return false }
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

// picks: each turn is a pick, except those that dropped a call.
func (r *rotation) picks(turns, again uint64) int64 {
	if drops := r.of.drops; drops != nil {
		turns = drops.passedSince(turns)
	}
	return int64(turns + again)
}

func (r *rotation) backends() (all, ready int) { return len(r.distinct), r.tally.ready }

// leave takes the generation off its SubConns. Those that have ever been READY may
// have calls in flight, and are held.
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

// A cursor goes through the SubConns of a rotation while its successor is made. Most lists
// have most backends in the same order as the list before, shifted by one at most. For
// those the cursor finds the SubConn without a look-up in the pool.
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

// meet returns the SubConn for a backend if it is near the place that should
// come next, or nil.
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

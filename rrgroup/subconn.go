package rrgroup

import (
	"time"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/hosted"
	"github.com/actorlb/grpclb/internal/attrs"
)

// A subConn is a SubConn of the pool. Only the group's goroutine uses its fields; others
// only pass the pointer on.
type subConn struct {
	key // fixed when it was made

	sc   balancer.SubConn // nil until gRPC has made it, and fixed then
	next *subConn         // in the pool, another one with the same Addr

	// What it reported last.
	failed   bool // it has failed and not been READY since; takeUp resets it
	wasReady bool // it has been READY at least once
	state    connectivity.State
	since    time.Time // when it first reported that state; zero: it has reported none
	err      error     // why the last attempt to connect failed; nil when READY
	knownIn  uint64    // number of the newest generation when it last failed or was READY; 0: never

	// Who needs it.
	held    int           // how many rotations that have not drained hold it
	serving serving       // rotations of the current and the incoming generation that name it
	users   *hosted.Users // child policies; nil if none ever used it
	until   time.Time     // it lingers until then; zero: it does not linger
	gone    bool          // it was removed from the pool, and is shut down or will be
}

// A standing counts the SubConns of a rotation by state. A SubConn with several entries
// counts once.
type standing struct {
	ready, pending, failed int

	untried int // those of failed that failed before the generation was made
	first   int // those of pending that have been neither READY nor failed since then
}

// in returns the counter for c. A SubConn that failed counts as failed until it is READY,
// also while it connects again.
func (s *standing) in(c *subConn) *int {
	switch {
	case c.state == connectivity.Ready:
		return &s.ready
	case c.failed:
		return &s.failed
	default:
		return &s.pending
	}
}

// A serving has the rotations that name a SubConn: those of the current generation, of the
// incoming one, and, while adopt runs, of the one that replaces the incoming one. Places
// that are not used are nil.
type serving [3]*rotation

func (s *serving) has(r *rotation) bool { return s[0] == r || s[1] == r || s[2] == r }

// swap puts a rotation, or nil, in the place of another.
func (s *serving) swap(old, new *rotation) {
	switch old {
	case s[0]:
		s[0] = new
	case s[1]:
		s[1] = new
	case s[2]:
		s[2] = new
	default:
		panic("BUG: a SubConn that serves four generations, or leaves one that it does not serve")
	}
}

// A key is what makes two SubConns the same.
type key struct {
	address    resolver.Address
	provenance Provenance
	health     bool // gRPC checks its health, and reports READY only if it is healthy
}

// listedKey returns the key of a list's backend for the group's own rotation. A list has
// only addresses: no ServerName and no attributes.
func listedKey(addr string, health bool) key {
	return key{address: resolver.Address{Addr: addr}, provenance: FromBalancer, health: health}
}

// connects reports whether c has this key. An address with attributes that can't be
// compared equals no other, so it gets a SubConn of its own each time.
func (c *subConn) connects(k key) bool {
	return c.provenance == k.provenance && c.health == k.health && c.address.Addr == k.address.Addr &&
		c.address.ServerName == k.address.ServerName && attrs.Equal(c.address.Attributes, k.address.Attributes)
}

// lists reports whether c is in the pool and is the SubConn for a list's backend.
func (c *subConn) lists(addr string, health bool) bool {
	return !c.gone && c.address.Addr == addr && c.provenance == FromBalancer && c.health == health
}

// wanted reports whether the rotation of the current or the incoming generation names c.
// Then c is to be connected.
func (c *subConn) wanted() bool { return c.serving != serving{} }

// isFree reports whether nobody needs c any more.
func (c *subConn) isFree() bool { return !c.wanted() && c.users.None() && c.held == 0 }

// serve adds r to the rotations that name c, and c to the tally of r. It returns false if r
// has c already, because its address is listed twice.
func (c *subConn) serve(r *rotation) bool {
	if c.serving.has(r) {
		return false
	}
	c.serving.swap(nil, r)
	r.note(c)
	return true
}

// report takes in a new state of the SubConn, and moves it in the tallies of its
// rotations. newest is the number of the newest generation.
func (c *subConn) report(state balancer.SubConnState, newest uint64) {
	for _, r := range c.serving {
		if r != nil {
			r.untally(c)
			r.stale = r.stale || (c.state == connectivity.Ready) != (state.ConnectivityState == connectivity.Ready)
		}
	}
	c.take(state, newest)
	for _, r := range c.serving {
		if r != nil {
			r.note(c)
		}
	}
}

// note adds c to the counts.
func (r *rotation) note(c *subConn) {
	*r.tally.in(c)++
	if c.failed {
		r.err = c.err
	}
	r.tally.recount(c, r.of.number, 1)
}

// untally removes c from the counts.
func (r *rotation) untally(c *subConn) {
	*r.tally.in(c)--
	r.tally.recount(c, r.of.number, -1)
}

// recount adds n to untried or first, if c has been neither READY nor failed since the
// generation with this number was made.
func (s *standing) recount(c *subConn, number uint64, n int) {
	switch {
	case c.knownIn >= number:
	case c.failed:
		s.untried += n
	case c.state != connectivity.Ready:
		s.first += n
	}
}

// take notes the new state. A SubConn that was READY until now has been READY in the newest
// generation too.
func (c *subConn) take(state balancer.SubConnState, newest uint64) {
	if c.state == connectivity.Ready {
		c.knownIn = newest
	}
	c.state = state.ConnectivityState
	switch c.state {
	case connectivity.Ready:
		c.failed, c.wasReady, c.err, c.knownIn = false, true, nil, newest
	case connectivity.TransientFailure:
		c.failed, c.err, c.knownIn = true, state.ConnectionError, newest
	}
}

// connect starts an attempt to connect. It does nothing if gRPC made no SubConn, or if c was
// removed from the pool after the action was added.
func (c *subConn) connect() {
	if c.sc != nil && !c.gone {
		c.sc.Connect()
	}
}

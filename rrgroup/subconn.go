package rrgroup

import (
	"time"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/hosted"
	"github.com/actorlb/grpclb/internal/attrs"
)

// A subConn is a connection of the pool. Everything in it is owned by the
// group; to others the pointer is a name.
type subConn struct {
	key // fixed when it was made

	sc   balancer.SubConn // nil until gRPC has made it, and fixed then
	next *subConn         // in the pool, another one with the same Addr

	// What it reported last.
	failed   bool // it failed and has not been READY since
	wasReady bool // it has been READY once
	state    connectivity.State
	err      error  // why the last attempt to connect failed
	knownIn  uint64 // the newest generation when it was READY or failed last; 0 before

	// Who needs it.
	held    int           // retired generations that have not drained
	serving serving       // the current and the incoming one, where they name it
	users   *hosted.Users // child policies, if it ever was one of theirs
	until   time.Time     // nobody: it lingers until then
	gone    bool          // nobody, and it is shut down
}

// A standing counts the SubConns of a generation by how they stand, each once
// however many entries it has.
type standing struct {
	ready, pending, failed int

	untried int // of the failed: those that failed before there was the generation
	first   int // of the pending: those that were neither READY nor failed since then
}

// in returns the count that c belongs in. A SubConn that failed stays among
// the failed until it is READY: the attempts in between promise nothing.
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

// A serving is the rotations that send calls over a SubConn: no more than the
// current one, the incoming one, and for a moment the one that replaces that. A
// place that is not taken is nil.
type serving [3]*rotation

func (s *serving) has(r *rotation) bool { return s[0] == r || s[1] == r || s[2] == r }

// swap puts a generation, or nil, in the place of another.
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
	health     bool // gRPC checks its health, and says READY only of one that is well
}

// listedKey is the key of a list's backend, for the group's own rotation. A list
// says no more of it than its address.
func listedKey(addr string, health bool) key {
	return key{address: resolver.Address{Addr: addr}, provenance: FromBalancer, health: health}
}

// connects reports whether c is for this key. An address with attributes that can't
// be compared is a new one each time that a resolver makes it, and gets a connection
// of its own.
func (c *subConn) connects(k key) bool {
	return c.provenance == k.provenance && c.health == k.health && c.address.Addr == k.address.Addr &&
		c.address.ServerName == k.address.ServerName && attrs.Equal(c.address.Attributes, k.address.Attributes)
}

// lists reports whether c is what the pool has for a list's backend.
func (c *subConn) lists(addr string, health bool) bool {
	return !c.gone && c.address.Addr == addr && c.provenance == FromBalancer && c.health == health
}

// wanted reports whether calls may still be sent over c, so that it should
// stay connected. A retired generation does not ask for that.
func (c *subConn) wanted() bool { return c.serving != serving{} }

// idle reports whether no generation names c any more.
func (c *subConn) idle() bool { return !c.wanted() && c.users.None() && c.held == 0 }

// serve adds r to the rotations that send calls over c, and c to its tally.
// It reports false if r had it already: the address is listed twice.
func (c *subConn) serve(r *rotation) bool {
	if c.serving.has(r) {
		return false
	}
	c.serving.swap(nil, r)
	r.note(c)
	return true
}

// report takes over a new state of the SubConn, and moves it in the tally of
// every generation it serves. newest is the number of the newest generation.
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

// note counts c as it stands.
func (r *rotation) note(c *subConn) {
	*r.tally.in(c)++
	if c.failed {
		r.err = c.err
	}
	r.tally.recount(c, r.of.number, 1)
}

// untally takes back what was noted of c.
func (r *rotation) untally(c *subConn) {
	*r.tally.in(c)--
	r.tally.recount(c, r.of.number, -1)
}

// recount adds n for a SubConn of which nothing is known that happened since
// there was the generation with this number.
func (s *standing) recount(c *subConn, number uint64, n int) {
	switch {
	case c.knownIn >= number:
	case c.failed:
		s.untried += n
	case c.state != connectivity.Ready:
		s.first += n
	}
}

// take notes what the SubConn reported. Of one that was READY it is known until
// that ends.
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

// connect starts an attempt to connect, if there is a SubConn and it was not
// given up by what else happened at the same time.
func (c *subConn) connect() {
	if c.sc != nil && !c.gone {
		c.sc.Connect()
	}
}

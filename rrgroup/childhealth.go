package rrgroup

import (
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"

	"github.com/actorlb/grpclb/actor"
)

// A healthListener is a child's, of one connection. A pointer to it says which
// one is meant: functions can't be compared.
type healthListener struct{ hear func(balancer.SubConnState) }

// A watch is gRPC's health listener of a SubConn. gRPC allows one at a time, and
// ends it with the state READY. There may be several listeners behind it, because
// children share SubConns.
type watch struct {
	conn *subConn // a name to others than the group
	sc   balancer.SubConn

	// Owned by the group.
	last *balancer.SubConnState // reported; nil before the first report
}

// begin has gRPC report to the group. The minder does that: it may take time.
func (w *watch) begin(inbox *actor.Inbox[message]) {
	w.sc.RegisterHealthListener(func(s balancer.SubConnState) { inbox.Send(healthReported{w, s}) })
}

// RegisterHealthListener has the listener told of the health of a connection that
// is READY, until it is not any more or there is another listener; nil ends it.
func (c *childConn) RegisterHealthListener(listener func(balancer.SubConnState)) {
	var l *healthListener
	if listener != nil {
		l = &healthListener{listener}
	}
	c.health.Store(l)
	c.inbox.Send(childListens{c, l})
}

// tellHealth reports to a listener, unless the child has another one by now.
func (c *childConn) tellHealth(l *healthListener, s balancer.SubConnState) {
	if c.health.Load() == l {
		l.hear(s)
	}
}

// childListened has a connection's health reported to a child. As with gRPC, that
// takes a connection which the child knows to be READY. If health is not checked
// by this child the connection is well.
func (c *core) childListened(hc *childConn, l *healthListener) {
	if hc.shut || hc.told != connectivity.Ready {
		return
	}
	hc.listens = l
	switch w := hc.conn.hosted.watch; {
	case l == nil:
	case !hc.host.checks:
		c.tellHealth(hc, balancer.SubConnState{ConnectivityState: connectivity.Ready})
	case w == nil:
		w = &watch{conn: hc.conn, sc: hc.sc}
		hc.conn.hosted.watch = w
		c.order(hc.host, watchHealth{w})
	case w.last != nil:
		c.tellHealth(hc, *w.last)
	}
}

// healthReported passes on what gRPC has reported, if it is still what counts.
func (c *core) healthReported(w *watch, s balancer.SubConnState) {
	if w.conn.gone || w.conn.hosted.watch != w {
		return
	}
	w.last = &s
	for _, hc := range w.conn.childConns() {
		if hc.listens != nil {
			c.tellHealth(hc, s)
		}
	}
}

func (c *core) tellHealth(hc *childConn, s balancer.SubConnState) {
	c.order(hc.host, tellHealth{hc, hc.listens, s})
}

package hosted

import (
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
)

// A healthListener is a child's, of one connection. A pointer to it says which
// one is meant: functions can't be compared.
type healthListener struct{ hear func(balancer.SubConnState) }

// A watch is gRPC's health listener of a SubConn. gRPC allows one at a time, and
// ends it with the state READY. There may be several listeners behind it, because
// children share SubConns.
type watch struct {
	users *Users // of the SubConn; a name to others than the group
	sc    balancer.SubConn

	// Owned by the group.
	last *balancer.SubConnState // reported; nil before the first report
}

// begin has gRPC report to the group. The minder does that: it may take time.
func (w *watch) begin(inbox Inbox) {
	w.sc.RegisterHealthListener(func(s balancer.SubConnState) { inbox.Send(healthReported{w, s}) })
}

// RegisterHealthListener has the listener told of the health of a connection that
// is READY, until it is not READY any more or there is another listener; nil ends it.
func (c *Conn) RegisterHealthListener(listener func(balancer.SubConnState)) {
	var l *healthListener
	if listener != nil {
		l = &healthListener{listener}
	}
	c.health.Store(l)
	c.inbox.Send(listens{c, l})
}

// tellHealth reports to a listener, unless the child has another one by now.
func (c *Conn) tellHealth(l *healthListener, s balancer.SubConnState) {
	if c.health.Load() == l {
		l.hear(s)
	}
}

// listens has a connection's health reported to a child. As with gRPC, that takes
// a connection which the child knows to be READY. If the health of this child's
// connections is not checked, it is told READY.
func (c *Children) listens(conn *Conn, l *healthListener) {
	if conn.shut || conn.told != connectivity.Ready {
		return
	}
	conn.listens = l
	switch w := conn.users.watch; {
	case l == nil:
	case !conn.by.checks:
		conn.reportHealth(balancer.SubConnState{ConnectivityState: connectivity.Ready})
	case w == nil:
		w = &watch{users: conn.users, sc: conn.sc}
		conn.users.watch = w
		conn.by.order(watchHealth{w})
	case w.last != nil:
		conn.reportHealth(*w.last)
	}
}

// healthReported passes on what gRPC has reported, if this watch was not replaced.
func (c *Children) healthReported(w *watch, s balancer.SubConnState) {
	if w.users.watch != w {
		return
	}
	w.last = &s
	for _, conn := range w.users.conns {
		if conn.listens != nil {
			conn.reportHealth(s)
		}
	}
}

func (c *Conn) reportHealth(s balancer.SubConnState) {
	c.by.order(reportHealth{c, c.listens, s})
}

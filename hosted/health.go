package hosted

import (
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
)

// A healthListener is what a child has registered for the health of a connection. Listeners
// are compared by their pointers, because functions can't be compared.
type healthListener struct{ hear func(balancer.SubConnState) }

// A watch is the health listener that is registered with gRPC for a SubConn. gRPC allows
// one at a time, and removes it when the SubConn is not READY any more. Several children
// may share the SubConn, so a watch may serve several of their listeners.
type watch struct {
	users *Users // of the SubConn; only the group uses what it points to
	sc    balancer.SubConn

	// Owned by the group.
	last *balancer.SubConnState // the last report; nil before the first
}

// begin registers with gRPC; reports go to the group. The minder calls it, because gRPC may
// block it.
func (w *watch) begin(inbox Inbox) {
	w.sc.RegisterHealthListener(func(s balancer.SubConnState) { inbox.Send(healthReported{w, s}) })
}

// RegisterHealthListener registers a listener for the health of a connection that is READY.
// It is called until the connection is not READY any more or another listener, or nil, is
// registered.
func (c *Conn) RegisterHealthListener(listener func(balancer.SubConnState)) {
	var l *healthListener
	if listener != nil {
		l = &healthListener{listener}
	}
	c.health.Store(l)
	c.inbox.Send(listens{c, l})
}

// tellHealth calls a listener, unless the child has registered another one by now.
func (c *Conn) tellHealth(l *healthListener, s balancer.SubConnState) {
	if c.health.Load() == l {
		l.hear(s)
	}
}

// listens has a connection's health reported to its child. As in gRPC, it does nothing unless
// the child was told that the connection is READY. If the health of this child's
// connections is not checked, the listener is told READY.
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

// healthReported passes on what gRPC has reported. If another watch has replaced this one, gRPC
// may have been told of them in the wrong order, since each child has a minder of its own. gRPC
// would then report to this watch only, so the present one is registered again.
func (c *Children) healthReported(w *watch, s balancer.SubConnState) {
	now := w.users.watch
	if now == w {
		w.last = &s
	}
	for _, conn := range w.users.conns {
		switch {
		case now == nil || conn.listens == nil:
		case now == w:
			conn.reportHealth(s)
		default:
			conn.by.order(watchHealth{now})
			return
		}
	}
}

func (c *Conn) reportHealth(s balancer.SubConnState) {
	c.by.order(reportHealth{c, c.listens, s})
}

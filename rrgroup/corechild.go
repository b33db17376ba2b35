package rrgroup

import (
	"slices"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
)

// hostFor returns the instance of the child that plan asks for: the one there
// is for this provenance, if it is the same policy.
func (c *core) hostFor(plan *Plan) *host {
	for _, h := range c.hosts {
		if h.provenance == plan.Provenance && h.name == plan.Child.Builder.Name() {
			return h
		}
	}
	h := &host{provenance: plan.Provenance, name: plan.Child.Builder.Name()}
	c.hosts = append(c.hosts, h)
	return h
}

// entrust has a child pick for g. If it picks for the current generation, its
// last word on that, which may not be published yet, is what goes on serving.
func (c *core) entrust(g *generation) {
	g.host = c.hostFor(g.plan)
	if old := c.current; old != nil && old.host == g.host && !old.superseded() && old.stale {
		old.seat()
	}
	g.host.serving = g
	g.host.ask()
	c.pool.todo = append(c.pool.todo, updateChild{g.host, g})
}

// dismiss closes the children that pick for no generation any more, of those
// that serve or are to serve.
func (c *core) dismiss() {
	c.hosts = slices.DeleteFunc(c.hosts, func(h *host) bool {
		if c.current != nil && c.current.host == h || c.incoming != nil && c.incoming.host == h {
			return false
		}
		c.closeHost(h)
		return true
	})
}

// closeHost closes a child and takes its connections from it.
func (c *core) closeHost(h *host) {
	h.closed = true
	c.pool.todo = append(c.pool.todo, closeChild{h})
	for _, hc := range h.conns {
		c.detach(hc)
	}
	h.conns = nil
}

// childMade gives a new connection of a child its place in the pool.
func (c *core) childMade(hc *childConn) {
	if hc.host.closed {
		return
	}
	hc.conn = c.pool.find(hc.address, hc.host.provenance)
	hc.conn.attach(hc)
	hc.host.conns = append(hc.host.conns, hc)
}

// childConnected has a connection connected, or the child told that it is.
func (c *core) childConnected(hc *childConn) {
	if hc.conn == nil || hc.shut || hc.listening {
		return
	}
	hc.listening = true
	if hc.conn.state == connectivity.Idle {
		c.pool.todo = append(c.pool.todo, connect{hc.conn})
	}
	for _, s := range hc.catchUp() {
		c.tell(hc, s)
	}
}

// childShut takes a connection from a child that has no more use for it.
func (c *core) childShut(hc *childConn) {
	if hc.conn == nil || hc.shut {
		return
	}
	hc.host.conns = slices.DeleteFunc(hc.host.conns, func(o *childConn) bool { return o == hc })
	c.detach(hc)
	c.tell(hc, balancer.SubConnState{ConnectivityState: connectivity.Shutdown})
}

// detach leaves the SubConn behind hc to others. It lingers if there are none.
func (c *core) detach(hc *childConn) {
	hc.shut = true
	h := hc.conn.hosted
	h.conns = slices.DeleteFunc(h.conns, func(o *childConn) bool { return o == hc })
	c.forsaken = append(c.forsaken, hc.conn)
}

// passOn tells the children that use a SubConn what it has reported.
func (c *core) passOn(conn *subConn, s balancer.SubConnState) {
	for _, hc := range conn.childConns() {
		if hc.listening {
			hc.listening = s.ConnectivityState != connectivity.Idle
			c.tell(hc, s)
		}
	}
}

func (c *core) tell(hc *childConn, s balancer.SubConnState) {
	hc.host.ask()
	c.pool.todo = append(c.pool.todo, tellChild{hc, s})
}

// childSaid takes over what a child has published. One that went idle, for
// want of calls or because it lost its connection, is woken, once: it may have
// reasons to stay so.
func (c *core) childSaid(h *host, s *balancer.State) {
	if h.closed {
		return
	}
	slept := h.serving.said != nil && h.serving.said.ConnectivityState == connectivity.Idle
	h.says(s)
	if s.ConnectivityState == connectivity.Idle && !slept {
		h.ask()
		c.pool.todo = append(c.pool.todo, wakeChild{h})
	}
}

// nudge has a child that rests connect, while the calls that it would connect
// for go by another generation.
func (c *core) nudge() {
	if g := c.incoming; g != nil && g.resting() && !g.nudged {
		g.nudged = true
		g.host.ask()
		c.pool.todo = append(c.pool.todo, nudgeChild{g.host})
	}
}

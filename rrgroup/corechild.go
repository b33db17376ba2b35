package rrgroup

import (
	"slices"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"

	"github.com/actorlb/grpclb/actor"
)

// hostFor returns the instance of the child that plan asks for: the one there
// is for this provenance, if it is the same policy.
func (c *core) hostFor(plan *Plan) *host {
	name, checks := plan.child().Builder.Name(), plan.checks()
	for _, h := range c.hosts {
		if h.provenance == plan.Provenance && h.name == name && h.checks == checks {
			return h
		}
	}
	h := &host{provenance: plan.Provenance, name: name, checks: checks, orders: actor.NewInbox[order]()}
	c.hosts = append(c.hosts, h)
	c.pool.todo = append(c.pool.todo, mind{h})
	return h
}

// entrust has a child pick for g. If it picks for the current generation, its
// last word on that, which may not be published yet, is what goes on serving, over
// the connections that are left.
func (c *core) entrust(g *generation) {
	g.host = c.hostFor(g.plan)
	if old := c.current; old != nil && old.host == g.host && !old.superseded() {
		if old.stale {
			old.seat()
		}
		old.stale = true
	}
	g.host.serving = g
	c.updateChild(g.host)
}

// updateChild gives a child its newest plan, when it has taken in the one before:
// of those that come meanwhile only the last counts. It has none if that was
// replaced by one that is no child's, or another child's.
func (c *core) updateChild(h *host) {
	if h.renew = h.done < h.updated; h.renew || h.serving.plan == nil {
		return
	}
	c.order(h, updateChild{h.serving.plan})
	h.updated = h.asked
}

// order tells the minder of a child what to do.
func (c *core) order(h *host, o order) {
	h.asked++
	c.pool.todo = append(c.pool.todo, tellMinder{h, o})
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
	c.order(h, endChild{})
	for _, hc := range h.conns {
		c.detach(hc)
	}
	h.conns = nil
}

// childMade gives a new connection of a child its place in the pool.
func (c *core) childMade(hc *childConn, reply chan<- error) {
	if !hc.host.closed {
		hc.conn = c.pool.findFor(hc)
		hc.conn.attach(hc)
		hc.amongHost = len(hc.host.conns)
		hc.host.conns = append(hc.host.conns, hc)
	}
	c.pool.todo = append(c.pool.todo, handOver{hc, reply})
}

// childGets gives a child the connection that it has asked for, or the reason why
// there is none.
func (c *core) childGets(hc *childConn) error {
	switch {
	case hc.conn == nil || hc.shut:
		return errClosed
	case hc.conn.sc == nil: // gRPC makes none
		c.leave(hc)
		return hc.conn.err
	}
	hc.sc = hc.conn.sc
	return nil
}

// childConnected has a connection connected, or the child told that it is.
func (c *core) childConnected(hc *childConn) {
	if hc.shut || hc.listening {
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
	if hc.shut {
		return
	}
	c.leave(hc)
	c.tell(hc, balancer.SubConnState{ConnectivityState: connectivity.Shutdown})
}

// leave takes a connection from its host.
func (c *core) leave(hc *childConn) {
	conns, last := hc.host.conns, len(hc.host.conns)-1
	conns[hc.amongHost] = conns[last]
	conns[hc.amongHost].amongHost = hc.amongHost
	conns[last] = nil
	hc.host.conns = conns[:last]
	c.detach(hc)
}

// detach leaves the SubConn behind hc to others. It lingers if there are none.
func (c *core) detach(hc *childConn) {
	hc.shut = true
	hc.conn.detach(hc)
	c.forsaken = append(c.forsaken, hc.conn)
}

// passOn tells the children that use a SubConn what it has reported. What was
// reported of its health does not count any more.
func (c *core) passOn(conn *subConn, s balancer.SubConnState) {
	if conn.hosted == nil {
		return
	}
	conn.hosted.watch = nil
	for _, hc := range conn.hosted.conns {
		if hc.listening {
			hc.listening = s.ConnectivityState != connectivity.Idle
			c.tell(hc, s)
		}
	}
}

func (c *core) tell(hc *childConn, s balancer.SubConnState) {
	hc.told, hc.listens = s.ConnectivityState, nil
	c.order(hc.host, tellChild{hc, s})
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
		c.order(h, wakeChild{})
		h.woken = h.asked
	}
}

// childSettled takes over that a child has carried out the orders up to this one.
func (c *core) childSettled(h *host, order uint64) {
	if h.closed {
		return
	}
	h.settled(order)
	if h.renew {
		c.updateChild(h)
	}
}

// resting is what the child of the incoming generation has said if it rests
// while another generation serves, or nil.
func (c *core) resting() *balancer.State {
	if c.incoming == nil || !c.incoming.resting() {
		return nil
	}
	return c.incoming.said
}

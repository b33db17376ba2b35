package rrgroup

import (
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
)

// A seat is one connection of the child: a call that it picks takes its turn
// among the entries of the address.
type seat struct {
	conn *subConn
	*takers
}

// takers are the entries of one address. They take turns, which carry on from
// one picker of the generation to the next.
type takers struct {
	entries []*entry
	turns   rotation
}

// pick takes a reference of the entry whose turn it is.
func (s *seat) pick() (balancer.PickResult, error) {
	e := s.entries[0]
	if n := len(s.entries); n > 1 {
		e = s.entries[s.turns.turn(n, 0)]
	}
	r, err := e.pick()
	if err == nil {
		r.SubConn = s.conn.sc
	}
	return r, err
}

// seat gives each connection of the child a seat and holds it; one whose
// address the list does not name has none.
func (g *generation) seat() map[*childConn]*seat {
	g.hold()
	g.takersByAddress()
	g.seats = make(map[*childConn]*seat, len(g.host.conns))
	for _, hc := range g.host.conns {
		if t := g.takersOf(hc.address.Addr); t != nil {
			g.seats[hc] = &seat{hc.conn, t}
		}
	}
	return g.seats
}

// takersOf returns the entries of an address. In fallback there are no tokens
// and no reports: if a child connects to other addresses than it was given, that
// is its business, and its calls are counted with others.
func (g *generation) takersOf(addr string) *takers {
	t := g.byAddress[addr]
	if t == nil && g.host.provenance == FromResolver {
		t = &takers{entries: []*entry{g.entry(0)}}
	}
	return t
}

// seatsLeft returns the seats of a superseded generation that are still
// connected. The child does not look after them any more, so its picker goes on
// picking those that were lost; the others are there to be picked instead.
func (g *generation) seatsLeft() (left map[*childConn]*seat, row []*seat) {
	left = make(map[*childConn]*seat, len(g.seats))
	for hc, s := range g.seats {
		if s.conn.state == connectivity.Ready {
			left[hc] = s
			row = append(row, s)
		}
	}
	return left, row
}

func (g *generation) takersByAddress() {
	if g.byAddress != nil {
		return
	}
	g.byAddress = map[string]*takers{}
	for i, b := range g.plan.backends() {
		t := g.byAddress[b.Addr]
		if t == nil {
			t = &takers{}
			g.byAddress[b.Addr] = t
		}
		t.entries = append(t.entries, g.entry(i))
	}
}

// hold keeps the SubConns that the child's picker may return from being shut
// down until the generation has drained. Those that the child has given up
// since it was asked last are let go: the picker that is being built is the
// first not to name them. Calls in flight over them may finish all the same.
func (g *generation) hold() {
	kept := g.distinct[:0]
	for _, c := range g.distinct {
		if c.hostedBy(g.host) {
			kept = append(kept, c)
			continue
		}
		c.held--
		c.hosted.holder = nil
		g.freed = append(g.freed, c)
	}
	clear(g.distinct[len(kept):])
	g.distinct = kept
	for _, hc := range g.host.conns {
		if c := hc.conn; c.hosted.holder != g {
			c.hosted.holder = g
			c.held++
			g.distinct = append(g.distinct, c)
		}
	}
}

// hostedBy reports whether a child has a connection over c.
func (c *subConn) hostedBy(h *host) bool {
	for _, hc := range c.childConns() {
		if hc.host == h {
			return true
		}
	}
	return false
}

// lost notes that a connection of the generation is gone that nobody renews.
func (g *generation) lost(c *subConn) {
	if g.superseded() && c.hosted != nil && c.hosted.holder == g && c.state != connectivity.Ready {
		g.stale = true
	}
}

// backends counts the SubConns of a generation that a child picks for, and those
// of them that are READY.
func (g *generation) hostedBackends() (all, ready int) {
	conns := g.distinct
	if !g.superseded() {
		seen := map[*subConn]bool{}
		conns = nil
		for _, hc := range g.host.conns {
			if !seen[hc.conn] {
				seen[hc.conn] = true
				conns = append(conns, hc.conn)
			}
		}
	}
	for _, c := range conns {
		if c.state == connectivity.Ready {
			ready++
		}
	}
	return len(conns), ready
}

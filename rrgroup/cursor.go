package rrgroup

// A cursor follows the SubConns of a generation while its successor is made.
// Most lists have most backends in the same order as the list before, give or
// take one: those meet their SubConns without a look-up in the pool.
type cursor struct {
	conns []*subConn
	next  int // the place that should come next
}

// cursorOver returns a cursor over the rotation of a generation. It is over nothing
// if there is no generation, or a child chooses for it.
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

package rrgroup

// A cursor follows the SubConns of a generation while its successor is made.
// Most lists have most backends in the same order as the list before, give or
// take one: those meet their SubConns without a look-up in the pool.
type cursor struct {
	conns []*subConn
	next  int // the place that should come next
}

func (g *generation) cursor() cursor {
	if g == nil {
		return cursor{}
	}
	return cursor{conns: g.conns}
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

package hosted

import "google.golang.org/grpc/balancer"

// Users record which children use a SubConn of the pool. The zero value and nil have none. The
// group's goroutine owns it.
type Users struct {
	conns  []*Conn
	room   [1]*Conn  // the first memory of conns; there is rarely more than one
	held   int       // how often hold was called without letGo
	holder *Term     // the term that called hold last; nil if it has let go
	minder *Instance // the child that used the SubConn last
	watch  *watch    // of its health, while it is READY and a child listens
}

// None reports whether no child needs the SubConn.
func (u *Users) None() bool { return u == nil || len(u.conns) == 0 && u.held == 0 }

// ShutDown has the minder of a child that has used the SubConn shut it down. It returns false
// if there is no such minder. gRPC then closes the producers of the SubConn, which may be
// code of the child that blocks.
func (u *Users) ShutDown(sc balancer.SubConn) bool {
	return u != nil && u.minder != nil && u.minder.orders.Send(shut{sc})
}

func (u *Users) attach(c *Conn) {
	u.minder = c.by
	if u.conns == nil {
		u.conns = u.room[:0]
	}
	c.amongUsers = len(u.conns)
	u.conns = append(u.conns, c)
}

func (u *Users) detach(c *Conn) {
	u.conns = removeAt(u.conns, c.amongUsers, func(moved *Conn, to int) { moved.amongUsers = to })
}

// hold keeps the SubConn from being shut down until letGo.
func (u *Users) hold(t *Term) {
	u.held++
	u.holder = t
}

// letGo takes back one hold of t.
func (u *Users) letGo(t *Term) {
	if u.held--; u.holder == t && !u.seats(t) {
		u.holder = nil
	}
}

// seats reports whether another connection over the SubConn has a seat in t.
func (u *Users) seats(t *Term) bool {
	for _, c := range u.conns {
		if c.seatIn(t) != nil {
			return true
		}
	}
	return false
}

// Draining returns how many seats there are of terms that are retired and have not ended,
// or of connections that the child has given up.
func (u *Users) Draining() int {
	if u == nil {
		return 0
	}
	n := u.held
	for _, c := range u.conns {
		for i := range c.seats {
			if c.seats[i].Load() != nil {
				n--
			}
		}
	}
	return n
}

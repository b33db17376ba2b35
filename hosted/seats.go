package hosted

import (
	"sync/atomic"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
)

// A seat belongs to a connection of the child in one term. A call over the connection counts
// for one of the entries with its address; they take turns.
type seat struct {
	*addressEntries // nil if the plan does not name the address

	// Fixed.
	term *Term
	conn *Conn

	// Owned by the group.
	at    int    // its place in the term's seats
	build uint64 // Term.builds when it was made
}

// addressEntries are the entries of one address. They take turns. All pickers of the term use
// the same turns.
type addressEntries struct {
	first Entry
	more  []Entry
	turns atomic.Uint64
}

// pick counts a call for the entry whose turn it is. The result has the connection's SubConn.
func (s *seat) pick() (balancer.PickResult, error) {
	e := s.first
	if n := uint64(len(s.more)); n > 0 {
		if i := (s.turns.Add(1) - 1) % (n + 1); i > 0 {
			e = s.more[i-1]
		}
	}
	r, err := e.Pick()
	if err == nil {
		r.SubConn = s.conn.sc
	}
	return r, err
}

func (s *seat) ready() bool { return s.conn.sub.State() == connectivity.Ready }

// seatIn returns the connection's seat in a term, or nil.
func (c *Conn) seatIn(t *Term) *seat {
	if s := c.seats[t.slot].Load(); s != nil && s.term == t {
		return s
	}
	return nil
}

// seat updates the seats for the next picker. The first time, every connection of the child
// gets a seat. A connection that is made later gets its seat when it is made. A connection
// that the child has shut down loses its seat now, because the next picker does not name it.
// Calls in flight over it may finish.
func (t *Term) seat() {
	if !t.seated {
		t.open()
	}
	for _, s := range t.vacated {
		t.vacate(s)
		t.freed = append(t.freed, s.conn.sub)
	}
	clear(t.vacated)
	t.vacated = t.vacated[:0]
	t.builds++
}

func (t *Term) open() {
	t.seated = true
	t.slot = int(t.by.seated % 2)
	t.by.seated++
	t.seats = make([]*seat, 0, len(t.by.conns))
	all := make([]seat, len(t.by.conns))
	for i, c := range t.by.conns {
		t.give(&all[i], c)
	}
}

// give gives a connection its seat. While it has the seat, its SubConn is not shut down; see
// Users.hold.
func (t *Term) give(s *seat, c *Conn) {
	*s = seat{addressEntries: t.entriesOf(c.address.Addr), term: t, conn: c, at: len(t.seats), build: t.builds}
	t.seats = append(t.seats, s)
	c.users.hold(t)
	c.seats[t.slot].Store(s)
}

// gaveUp notes that the child has shut down a connection. If the connection was made after
// the last picker, no picker names it, and it loses its seat at once.
func (t *Term) gaveUp(c *Conn) {
	s := c.seatIn(t)
	switch {
	case s == nil:
	case s.build == t.builds:
		t.vacate(s)
	default:
		t.vacated = append(t.vacated, s)
	}
}

func (t *Term) vacate(s *seat) {
	s.conn.seats[t.slot].Store(nil)
	t.seats = removeAt(t.seats, s.at, func(moved *seat, to int) { moved.at = to })
	s.conn.users.letGo(t)
}

// seatsLeft is for a superseded term, whose picker the child does not replace any more. It
// returns the seats of the connections that are READY. Picks don't find the seats of the
// others until they are READY again. If the old picker picks one of those, the call goes
// over a READY connection instead.
func (t *Term) seatsLeft() (row []*seat) {
	for _, s := range t.seats {
		if !s.ready() {
			s.conn.seats[t.slot].Store(nil)
			continue
		}
		s.conn.seats[t.slot].Store(s)
		if s.addressEntries != nil {
			row = append(row, s)
		}
	}
	return row
}

// entriesOf returns the entries of an address, or nil if the list does not name it. In
// fallback a child may connect to any address, because there are no tokens and no
// reports. A call to an address that the plan does not name counts for the first entry.
func (t *Term) entriesOf(addr string) *addressEntries {
	if t.byAddress == nil {
		t.listAddresses()
	}
	of := t.byAddress[addr]
	if of == nil && !t.by.listed {
		of = &addressEntries{first: t.entries.Entry(0)}
	}
	return of
}

func (t *Term) listAddresses() {
	t.byAddress = make(map[string]*addressEntries, t.plan.Size)
	all := make([]addressEntries, t.plan.Size)
	for i, b := range t.plan.Backends {
		if of := t.byAddress[b.Addr]; of != nil {
			of.more = append(of.more, t.entries.Entry(i))
		} else {
			all[i].first = t.entries.Entry(i)
			t.byAddress[b.Addr] = &all[i]
		}
	}
}

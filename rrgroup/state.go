package rrgroup

import (
	"slices"
	"time"

	"google.golang.org/grpc/connectivity"
)

// A State describes a group at one moment, in detail. It is immutable, but for FinishedCalls.
type State struct {
	Generations []GenerationState // those that are not drained, in the order in which they were made
	SubConns    []SubConnState    // in no order

	conns []*subConn // that SubConns are to be about
}

// A Role says what a generation is for.
type Role string

const (
	Current  Role = "current"  // serves calls
	Incoming Role = "incoming" // connects, and is to replace the current one
	Draining Role = "draining" // is retired, and waits for its calls in flight
)

// A GenerationState describes a generation.
type GenerationState struct {
	Number            uint64
	Role              Role
	Since             time.Time // when its plan was adopted
	Provenance        Provenance
	Stream            uint64 // see Plan; 0 if it is draining
	Child             string // the policy that chooses; empty: the group's own rotation
	Places            int
	Backends, Ready   int   // SubConns; 0 if it is draining
	Started, Finished int64 // calls

	blocks [][]entry
}

// FinishedCalls yields for each place in the rotation the address of its backend and how many
// of its calls are over by now. For a generation that is draining it yields nothing. Anybody
// may call it.
func (g *GenerationState) FinishedCalls(yield func(addr string, calls uint64) bool) {
	for _, b := range g.blocks {
		for i := range b {
			if !yield(b[i].backend.Addr, b[i].finished.now()) {
				return
			}
		}
	}
}

// A SubConnState describes a SubConn.
type SubConnState struct {
	Addr       string
	Provenance Provenance
	State      connectivity.State
	Since      time.Time // when it reported State; zero: it has reported none
	Err        error     // why it failed to connect last; nil once it is READY again
	Serves     [2]uint64 // the numbers of the current and the incoming generation, if they use it
	Draining   int       // retired generations that hold it
	Lingers    time.Time // until when, if nobody needs it
}

// countBackends counts the SubConns that each generation uses.
func (s *State) countBackends() {
	for _, c := range s.SubConns {
		for i := range s.Generations {
			if g := &s.Generations[i]; c.Serves[0] == g.Number || c.Serves[1] == g.Number {
				g.add(c.State)
			}
		}
	}
}

func (g *GenerationState) add(s connectivity.State) {
	if g.Backends++; s == connectivity.Ready {
		g.Ready++
	}
}

// perQuestion is how many SubConns the group describes at one go. It does nothing else
// meanwhile, which takes it a tenth of a millisecond.
const perQuestion = 512

// state describes the generations, and says which SubConns there are. Nothing is looked up
// or sorted here, since the group does nothing else meanwhile.
func (c *core) state() State {
	s := State{conns: c.conns()}
	for _, g := range c.draining {
		s.Generations = append(s.Generations, g.state(Draining))
	}
	if c.current != nil {
		s.Generations = append(s.Generations, c.current.state(Current))
	}
	if c.incoming != nil {
		s.Generations = append(s.Generations, c.incoming.state(Incoming))
	}
	return s
}

// conns returns all SubConns. If the current generation has all of them, which is usual, they
// need not be looked for in the pool.
func (c *core) conns() []*subConn {
	if c.current != nil {
		if r, ok := c.current.by.(*rotation); ok && len(r.distinct) == c.pool.size {
			return slices.Clone(r.distinct)
		}
	}
	return c.pool.all()
}

// statesOf appends the states of SubConns. Those that have been shut down since are left out.
func (c *core) statesOf(conns []*subConn, to []SubConnState) []SubConnState {
	for _, conn := range conns {
		if !conn.gone {
			to = append(to, c.stateOf(conn))
		}
	}
	return to
}

func (c *core) stateOf(conn *subConn) SubConnState {
	return SubConnState{
		Addr:       conn.address.Addr,
		Provenance: conn.provenance,
		State:      conn.state,
		Since:      conn.since,
		Err:        conn.err,
		Serves:     [2]uint64{c.current.using(conn), c.incoming.using(conn)},
		Draining:   conn.held + conn.users.Draining(),
		Lingers:    conn.until,
	}
}

// using returns the number of the generation if it uses the SubConn, or 0. g may be nil.
func (g *generation) using(conn *subConn) uint64 {
	if g != nil && g.by.uses(conn) {
		return g.number
	}
	return 0
}

// state describes a generation.
func (g *generation) state(as Role) GenerationState {
	t := g.totals()
	s := GenerationState{
		Number: g.number, Role: as, Since: g.since, Provenance: g.provenance,
		Places: g.size, Started: t.started, Finished: t.finished,
	}
	if g.retired {
		return s
	}
	s.Stream, s.blocks = g.plan.Stream, g.blocks
	if child := g.plan.child(); child != nil {
		s.Child = child.Builder.Name()
	}
	return s
}

func (r *rotation) uses(conn *subConn) bool { return conn.serving.has(r) }

func (b byChild) uses(conn *subConn) bool { return b.Uses(conn.users) }

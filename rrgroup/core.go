package rrgroup

import (
	"time"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"

	"github.com/actorlb/grpclb/hosted"
)

// A core is the group without its goroutine: it is told events and the time,
// and leaves the actions to be taken in todo. Between a batch of events and
// the next one, settle draws the conclusions.
type core struct {
	settings Settings
	pool     pool
	owed     *owedTurns
	dropping *generation // the latest that serves, or served, a list with drops; nil before the first

	current  *generation // serves, nil before the first
	incoming *generation // is to follow it, or nil
	outgoing *generation // was current: to be retired once a newer picker is out

	children *hosted.Children // that choose for one of these
	lost     []*subConn       // gone idle since the core settled
	forsaken []*subConn       // that a generation or a child has let go since the core settled

	arriving bool // see Aggregate; as of the last settle

	display display
	ledger  ledger
	adopted uint64 // generations made
	drained uint64 // and of these, those that have ended
}

func newCore(gate Gate) *core {
	c := &core{pool: newPool(), owed: new(owedTurns), display: newDisplay(gate)}
	c.children = hosted.NewChildren(c)
	return c
}

// adopt makes a generation of plan, which is on its way in until advance lets
// it take over. It replaces one that is on its way in already.
func (c *core) adopt(plan *Plan, now time.Time, random uint64) {
	c.adopted++
	g := newGeneration(plan, now, random)
	g.number = c.adopted
	g.dropBy(c.owed)
	if plan.child() != nil && g.size > 0 {
		g.term = c.children.Begin(plan.hosted(g.size), g)
	} else {
		g.connect(&c.pool, c.newest())
	}
	c.ledger.open(g)
	if c.incoming != nil {
		c.retire(c.incoming)
	}
	c.incoming = g
}

// reported takes over a SubConn's new state. One that is wanted is told to
// connect again as soon as it can; one that lingers is not.
func (c *core) reported(conn *subConn, state balancer.SubConnState) {
	if conn.gone || state.ConnectivityState == connectivity.Shutdown {
		return
	}
	conn.report(state, c.adopted)
	c.children.Reported(conn.users, state)
	if conn.state == connectivity.Idle && conn.wanted() {
		c.lost = append(c.lost, conn)
	}
}

// ended takes over that the last call of a retired generation is done.
func (c *core) ended(g *generation) {
	c.drained++
	c.ledger.fold(g)
	if g.hosted() {
		g.term.End(c)
	}
	for _, conn := range g.distinct {
		if conn.held--; conn.idle() {
			c.forsaken = append(c.forsaken, conn)
		}
	}
}

// newest returns the generation made last of those that are not retired, or nil.
func (c *core) newest() *generation {
	if c.incoming != nil {
		return c.incoming
	}
	return c.current
}

// settle draws the conclusions from what was heard and from the time, and
// returns what is to be done.
func (c *core) settle(now time.Time) []action {
	c.pool.expire(now)
	c.advance(now)
	c.arriving = c.newest() != nil && c.newest().trying() && now.Before(c.handoverDue())
	c.pool.todo = c.display.show(c.current, c.incoming, c.resting(), now, c.pool.todo)
	if c.outgoing != nil {
		c.retire(c.outgoing)
		c.outgoing = nil
	}
	c.children.Dismiss()
	c.reconnect()
	if c.current.hosted() {
		c.current.term.Free()
	}
	c.pool.release(c.forsaken, now, now.Add(c.settings.Linger))
	clear(c.forsaken) // as with lost
	c.forsaken = c.forsaken[:0]
	return c.take()
}

// advance lets the incoming generation take over once it has arrived, or has
// been on its way for too long. See handover.make-before-break. If there is nobody
// else to serve calls, a child gets them as soon as it has spoken, as it would from
// gRPC: there are policies that do nothing before they have calls. If there is,
// one that rests is shown them meanwhile; see preview.
func (c *core) advance(now time.Time) {
	if c.incoming == nil {
		return
	}
	served := c.current != nil && c.current.anyReady()
	if c.incoming.arrived(served) || !now.Before(c.handoverDue()) || c.left() || !served && c.incoming.hosted() && c.incoming.term.Spoken() {
		c.outgoing, c.current, c.incoming = c.current, c.incoming, nil
		c.carryOn()
	}
}

// carryOn has the drops of the list that takes over begin where those of the
// lists before it are. See drop.continuity.
func (c *core) carryOn() {
	if c.current.drops == nil {
		return
	}
	if c.dropping != nil {
		c.current.drops.carryOn(c.dropping.turn())
	}
	c.dropping = c.current
}

// reconnect has those connect again that went idle, if they are still wanted: of
// a generation that another has just replaced they are not.
func (c *core) reconnect() {
	for _, conn := range c.lost {
		if conn.state == connectivity.Idle && conn.wanted() {
			c.pool.todo = append(c.pool.todo, connect{conn})
		}
	}
	clear(c.lost) // which keeps its memory, but nobody's SubConn
	c.lost = c.lost[:0]
}

// left reports whether there is nothing to be said any more for staying with
// the current generation: its child works on the incoming one, and none of the
// connections that it left behind is READY.
func (c *core) left() bool {
	return c.current != nil && c.current.hosted() && c.current.term.Over()
}

// rests reports whether the picker that is out waits to be replaced, and nothing
// else is going on.
func (c *core) rests() bool {
	g := c.current
	return g != nil && c.incoming == nil && !g.hosted() &&
		c.display.state == connectivity.Ready && !c.display.due(g).IsZero()
}

// handoverDue is when calls stop waiting for the newest generation.
func (c *core) handoverDue() time.Time { return c.newest().since.Add(c.settings.Handover) }

// retire takes a generation off its SubConns and lets it end.
func (c *core) retire(g *generation) {
	c.forsaken = append(c.forsaken, g.leave()...)
	c.pool.todo = append(c.pool.todo, retire{g})
}

// next returns when settle has something to do even if nothing is heard until
// then; zero if never.
func (c *core) next() time.Time {
	next := earlier(c.pool.nextExpiry(), c.display.due(c.current))
	if c.incoming != nil || c.arriving {
		next = earlier(next, c.handoverDue())
	}
	return next
}

// close returns what is left to be shut down.
func (c *core) close() []action {
	c.children.Close()
	for _, conn := range c.pool.all() {
		c.pool.shutDown(conn)
	}
	return c.take()
}

// resting returns what the child of the incoming generation has published if it rests
// while another generation serves, or nil.
func (c *core) resting() *balancer.State {
	if c.incoming == nil {
		return nil
	}
	return c.incoming.resting()
}

// do has an action carried out.
func (c *core) do(a action) { c.pool.todo = append(c.pool.todo, a) }

func (c *core) take() []action {
	todo := c.pool.todo
	c.pool.todo = nil
	return todo
}

// aggregate is what the policy needs to know of the backends.
func (c *core) aggregate() Aggregate {
	if c.newest() == nil {
		return Aggregate{}
	}
	return Aggregate{
		Plan:     c.newest().plan,
		Ready:    c.current != nil && c.current.anyReady(),
		Arriving: c.arriving,
	}
}

// stats describes the group as it is now.
func (c *core) stats() Stats {
	s := Stats{Generations: c.adopted, Drained: c.drained, Published: c.display.published}
	s.SubConns, s.Lingering = c.pool.size, c.pool.lingering()
	switch g := c.current; {
	case g.hosted():
		s.Backends, s.Ready = g.term.Backends()
	case g != nil:
		s.Backends, s.Ready = len(g.distinct), g.tally.ready
	}
	return s
}

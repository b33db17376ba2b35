package rrgroup

import (
	"slices"
	"time"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"

	"github.com/actorlb/grpclb/hosted"
	"github.com/actorlb/grpclb/internal/diary"
	"github.com/actorlb/grpclb/tokens"
)

// aboutSubConns is the topic of what the group logs itself.
const aboutSubConns = hosted.Topics

// A core is the group without its goroutine: it is told events and the time,
// and collects in todo the actions that follow. Between a batch of events and
// the next one, settle decides what follows from both.
type core struct {
	settings Settings
	todo     []action // to be done, in order
	spare    []action // the actions before, which are done: their memory is used again
	pool     pool
	owed     *owedTurns
	dropping *generation // the latest that serves, or served, a list with drops; nil before the first

	current  *generation   // serves calls; nil before the first
	incoming *generation   // connects and is to replace it; nil if there is none
	outgoing *generation   // was current, and is retired as soon as a newer picker is published
	draining []*generation // are retired and have calls in flight

	children *hosted.Children // that choose for one of these
	wentIdle []*subConn       // since the core settled
	unneeded []*subConn       // let go by a generation or a child since the core settled

	arriving bool      // see Aggregate; as of the last settle
	told     Aggregate // the latest that news returned

	display display
	ledger  ledger
	heard   time.Time // when the events came that it is being told
	adopted uint64    // generations made
	drained uint64    // of these, those that have ended
}

func newCore(gate Gate, settings Settings) *core {
	c := &core{settings: settings, pool: newPool(), owed: new(owedTurns), display: newDisplay(gate)}
	c.children = hosted.NewChildren(c)
	return c
}

// adopt makes a generation of plan. It is the incoming one until advance lets it take
// over, in place of an earlier incoming one.
func (c *core) adopt(plan *Plan, now time.Time, random uint64) {
	c.adopted++
	g := newGeneration(plan, now, random)
	g.number = c.adopted
	g.dropBy(c.owed)
	if plan.child() != nil && g.size > 0 {
		g.by = byChild{c.children.Begin(plan.hosted(g.size), g), g}
	} else {
		g.by.(*rotation).connect(c, c.newest())
	}
	c.ledger.open(g)
	if c.incoming != nil {
		c.retire(c.incoming)
	}
	c.incoming = g
}

// reported takes in a SubConn's new state. A SubConn that is idle is told to connect
// again, unless it lingers.
func (c *core) reported(conn *subConn, state balancer.SubConnState) {
	if conn.gone || state.ConnectivityState == connectivity.Shutdown {
		return
	}
	if conn.state != state.ConnectivityState || conn.since.IsZero() {
		conn.since = c.heard
	}
	conn.report(state, c.adopted)
	c.children.Reported(conn.users, state)
	if conn.state == connectivity.Idle && conn.wanted() {
		c.wentIdle = append(c.wentIdle, conn)
	}
}

// ended takes in that the last call of a retired generation is over.
func (c *core) ended(g *generation) {
	c.drained++
	if i := slices.Index(c.draining, g); i >= 0 {
		c.draining = slices.Delete(c.draining, i, i+1)
	}
	c.ledger.fold(g)
	g.by.ended(c)
}

// configure replaces the settings.
func (c *core) configure(s Settings) { c.settings = s }

// fromChild takes in a message about a child.
func (c *core) fromChild(m hosted.Message) { c.children.Hear(m) }

// count returns how many calls of this stream's lists began and ended since it was asked
// last.
func (c *core) count(stream uint64) tokens.Counts { return c.ledger.count(stream) }

// made takes in that gRPC has made a SubConn.
func (c *core) made(conn *subConn, sc balancer.SubConn) { conn.sc = sc }

// refused takes in that gRPC makes no SubConn, which it does when the channel is closing.
func (c *core) refused(conn *subConn, err error) {
	c.do(note{diary.Warningf(aboutSubConns, "gRPC makes no SubConn for %v: %v", conn.address.Addr, err)})
	c.reported(conn, balancer.SubConnState{ConnectivityState: connectivity.TransientFailure, ConnectionError: err})
}

// newest returns the generation made last of those that are not retired, or nil.
func (c *core) newest() *generation {
	if c.incoming != nil {
		return c.incoming
	}
	return c.current
}

// settle decides what follows from the events since it was called last and from the
// time. It returns what is to be done.
func (c *core) settle(now time.Time) []action {
	c.shutDown(c.pool.expire(now))
	c.advance(now)
	c.arriving = c.newest() != nil && c.newest().by.trying() && now.Before(c.handoverDue())
	c.todo = c.display.show(c.current, c.incoming, c.resting(), now, c.todo)
	if c.outgoing != nil {
		c.retire(c.outgoing)
		c.outgoing = nil
	}
	c.children.Dismiss()
	c.reconnect()
	c.shutDown(c.pool.letGo(c.unneeded, now, now.Add(c.settings.Linger)))
	clear(c.unneeded) // as with wentIdle
	c.unneeded = c.unneeded[:0]
	return c.take()
}

// advance lets the incoming generation take over once it has arrived, or has
// been on its way for too long. See handover.make-before-break. Meanwhile a child that
// connects only when it has calls is shown those that the current generation serves;
// see hosted.Preview.
func (c *core) advance(now time.Time) {
	if c.incoming == nil {
		return
	}
	served := c.current != nil && c.current.anyReady()
	spent := c.current != nil && c.current.by.spent()
	if spent || c.incoming.by.arrived(served) || !now.Before(c.handoverDue()) {
		c.outgoing, c.current, c.incoming = c.current, c.incoming, nil
		c.carryOn()
	}
}

// carryOn has the drops of the list that takes over begin where those of the list
// before it have got to. See drop.continuity.
func (c *core) carryOn() {
	if c.current.drops == nil {
		return
	}
	if c.dropping != nil {
		c.current.drops.carryOn(c.dropping.turn())
	}
	c.dropping = c.current
}

// reconnect has the SubConns connect that went idle and are still wanted. If their
// generation was just replaced, they are not.
func (c *core) reconnect() {
	for _, conn := range c.wentIdle {
		if conn.state == connectivity.Idle && conn.wanted() {
			c.do(connect{conn})
		}
	}
	clear(c.wentIdle) // so that the memory, which is kept, names no SubConn
	c.wentIdle = c.wentIdle[:0]
}

// rests reports whether the published picker is to be replaced later and until then
// nobody waits for the group: no incoming generation and no child.
func (c *core) rests() bool {
	g := c.current
	return g != nil && c.incoming == nil && g.by.alone() &&
		c.display.state == connectivity.Ready && !c.display.due(g).IsZero()
}

// handoverDue is when the newest generation takes over at the latest.
func (c *core) handoverDue() time.Time { return c.newest().since.Add(c.settings.Handover) }

// retire takes a generation off its SubConns. Then it drains.
func (c *core) retire(g *generation) {
	g.by.leave(c)
	c.draining = append(c.draining, g)
	c.do(retire{g})
}

// next returns when settle has something to do although no event has come; zero if never.
func (c *core) next() time.Time {
	next := earlier(c.pool.nextExpiry(), c.display.due(c.current))
	if c.incoming != nil || c.arriving {
		next = earlier(next, c.handoverDue())
	}
	return next
}

// close ends the children. It returns what is to be done, which is to shut everything down.
func (c *core) close() []action {
	c.children.Close()
	c.shutDown(c.pool.empty())
	return c.take()
}

// resting returns what the child of the incoming generation has published if it rests
// while another generation serves, or nil.
func (c *core) resting() *balancer.State {
	if c.incoming == nil {
		return nil
	}
	return c.incoming.by.resting()
}

// find returns the SubConn for a key. It is made if there is none.
func (c *core) find(k key) *subConn {
	conn, isNew := c.pool.find(k)
	if isNew {
		c.do(makeSubConn{conn})
	}
	return conn
}

// takeUp connects a SubConn for a rotation, if no other has connected it. That it failed
// before does not count against it then, even if it still waits to try again: the
// rotation waits for the next attempt.
func (c *core) takeUp(conn *subConn) {
	if conn.wanted() {
		return
	}
	conn.failed = false
	if conn.state == connectivity.Idle {
		c.do(connect{conn})
	}
}

func (c *core) shutDown(conns []*subConn) {
	for _, conn := range conns {
		c.do(shutDown{conn})
	}
}

// do adds an action to those that are to be done.
func (c *core) do(a action) { c.todo = append(c.todo, a) }

// reused is how many actions memory is kept for.
const reused = 64

// take returns the actions that are to be done. They have to be done before it is
// called again, which uses their memory again.
func (c *core) take() []action {
	todo := c.todo
	clear(c.spare) // so that the memory, which is kept, names no SubConn
	c.todo, c.spare = c.spare[:0], todo
	if cap(todo) > reused {
		c.spare = nil
	}
	return todo
}

// news returns the aggregate, and whether it has changed since news was called last.
func (c *core) news() (Aggregate, bool) {
	now := c.aggregate()
	isNew := now != c.told
	c.told = now
	return now, isNew
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
		Resting:  c.newest().by.resting() != nil,
	}
}

// stats describes the group as it is now.
func (c *core) stats() Stats {
	s := Stats{Generations: c.adopted, Drained: c.drained, Published: c.display.published}
	s.SubConns, s.Lingering = c.pool.size, c.pool.lingering()
	if c.current != nil {
		s.Backends, s.Ready = c.current.by.backends()
	}
	return s
}

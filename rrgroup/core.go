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

// A core decides for the group. It is a value without goroutine, channel or clock: its
// methods take events, and settle, which is called after each batch, decides what follows
// from them and from the time. It returns actions for the loop.
type core struct {
	settings Settings
	todo     []action // to be done, in order
	spare    []action // the actions of the last settle, whose memory is used again
	pool     pool
	owed     *owedTurns
	dropping *generation // the latest current generation whose list has drops; nil before the first

	current  *generation   // serves calls; nil before the first
	incoming *generation   // is to replace the current one; nil if there is none
	outgoing *generation   // was current; retired as soon as a newer picker is published
	draining []*generation // retired, with calls in flight

	children *hosted.Children // the child policies of these generations
	wentIdle []*subConn       // since the core settled
	unneeded []*subConn       // let go by a generation or a child since the core settled

	arriving bool      // see Aggregate; set by settle
	told     Aggregate // what news returned last

	display display
	ledger  ledger
	heard   time.Time // the time of the events that are being handled
	adopted uint64    // generations made
	drained uint64    // how many of these are retired and have no call in flight
	past    totals    // of the generations that have drained

	handovers handovers
}

func newCore(gate Gate, settings Settings) *core {
	c := &core{settings: settings, pool: newPool(), owed: new(owedTurns), display: newDisplay(gate)}
	c.children = hosted.NewChildren(c)
	return c
}

// adopt makes a generation of plan. It becomes the incoming one; an earlier incoming one
// is retired.
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

// reported takes in a SubConn's new state. A SubConn that went idle connects again if the
// rotation of the current or the incoming generation names it.
func (c *core) reported(conn *subConn, state balancer.SubConnState) {
	if conn.gone || state.ConnectivityState == connectivity.Shutdown {
		return
	}
	if conn.state != state.ConnectivityState || conn.since.IsZero() {
		conn.since = c.heard
	}
	before := conn.state
	conn.report(state, c.adopted)
	c.pool.moved(before, conn.state)
	c.children.Reported(conn.users, state)
	if conn.state == connectivity.Idle && conn.wanted() {
		c.wentIdle = append(c.wentIdle, conn)
	}
}

// ended takes in that the last call of a retired generation has ended.
func (c *core) ended(g *generation) {
	c.drained++
	if i := slices.Index(c.draining, g); i >= 0 {
		c.draining = slices.Delete(c.draining, i, i+1)
	}
	c.past = c.past.plus(g.totals())
	c.ledger.fold(g)
	g.by.ended(c)
}

func (c *core) configure(s Settings) { c.settings = s }

func (c *core) fromChild(m hosted.Message) { c.children.Hear(m) }

// count returns how many calls from this stream's lists started and ended since it was
// called last.
func (c *core) count(stream uint64) tokens.Counts { return c.ledger.count(stream) }

func (c *core) made(conn *subConn, sc balancer.SubConn) { conn.sc = sc }

// refused takes in that gRPC makes no SubConn, which it does when the channel is closing.
func (c *core) refused(conn *subConn, err error) {
	c.do(note{diary.Warningf(aboutSubConns, "gRPC makes no SubConn for %v: %v", conn.address.Addr, err)})
	c.reported(conn, balancer.SubConnState{ConnectivityState: connectivity.TransientFailure, ConnectionError: err})
}

// newest returns the generation of the latest plan, or nil before the first plan.
func (c *core) newest() *generation {
	if c.incoming != nil {
		return c.incoming
	}
	return c.current
}

// settle decides what follows from the events since it was called last and from the
// time. It returns the actions for the loop.
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
	clear(c.unneeded) // so that the memory, which is kept, names no SubConn
	c.unneeded = c.unneeded[:0]
	return c.take()
}

// advance makes the incoming generation the current one if it has arrived, if the handover
// time is over, or if the current one is unusable. See handover.make-before-break.
func (c *core) advance(now time.Time) {
	if c.incoming == nil {
		return
	}
	served := c.current != nil && c.current.anyReady()
	unusable := c.current != nil && c.current.by.unusable()
	if unusable || c.incoming.by.arrived(served) || !now.Before(c.handoverDue()) {
		if c.current != nil {
			c.handovers.add(now.Sub(c.incoming.since))
		}
		c.outgoing, c.current, c.incoming = c.current, c.incoming, nil
		c.carryOn()
	}
}

// carryOn has the drops of the new list begin at the turn that the previous list with
// drops has reached. See drop.continuity.
func (c *core) carryOn() {
	if c.current.drops == nil {
		return
	}
	if c.dropping != nil {
		c.current.drops.carryOn(c.dropping.turn())
	}
	c.dropping = c.current
}

// reconnect connects the SubConns that went idle, except those that are not wanted any
// more because their generation was just replaced.
func (c *core) reconnect() {
	for _, conn := range c.wentIdle {
		if conn.state == connectivity.Idle && conn.wanted() {
			c.do(connect{conn})
		}
	}
	clear(c.wentIdle) // so that the memory, which is kept, names no SubConn
	c.wentIdle = c.wentIdle[:0]
}

// rests reports whether the group need not handle messages until the time at which it
// replaces the published picker: there is neither an incoming generation nor a child that
// waits for an answer.
func (c *core) rests() bool {
	g := c.current
	return g != nil && c.incoming == nil && g.by.alone() &&
		c.display.state == connectivity.Ready && !c.display.due(g).IsZero()
}

// handoverDue returns when the newest generation becomes the current one at the latest.
func (c *core) handoverDue() time.Time { return c.newest().since.Add(c.settings.Handover) }

// retire detaches a generation from its SubConns, and has it drain.
func (c *core) retire(g *generation) {
	g.by.leave(c)
	c.draining = append(c.draining, g)
	c.do(retire{g})
}

// next returns when settle has to be called even if no event comes; zero: never.
func (c *core) next() time.Time {
	next := earlier(c.pool.nextExpiry(), c.display.due(c.current))
	if c.incoming != nil || c.arriving {
		next = earlier(next, c.handoverDue())
	}
	return next
}

// close closes the children and removes all SubConns. It returns the actions for that.
func (c *core) close() []action {
	c.children.Close()
	c.shutDown(c.pool.empty())
	return c.take()
}

// resting returns the state that the child of the incoming generation has published if
// that connects only when it gets calls, or nil; see chooser.
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

// takeUp prepares a SubConn for a rotation, unless another rotation has it already. It
// connects it if it is idle. If it failed before, it counts as pending again, even while
// gRPC's backoff lasts: the rotation waits for the next attempt.
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

func (c *core) do(a action) { c.todo = append(c.todo, a) }

// reused is for how many actions memory is kept.
const reused = 64

// take returns the actions for the loop. The slice is valid until take is called again.
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

// aggregate returns what the policy needs to know about the backends.
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

func (c *core) stats() Stats {
	s := Stats{Generations: c.adopted, Drained: c.drained, Published: c.display.published}
	s.SubConns, s.Lingering = c.pool.size, c.pool.lingering()
	if c.current != nil {
		s.Backends, s.Ready = c.current.by.backends()
	}
	return s
}

package rrgroup

import (
	"context"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/hosted"
	"github.com/actorlb/grpclb/internal/diary"
)

// A maker makes SubConns. Every balancer.ClientConn is one. gRPC marks NewSubConn as
// deprecated because of calls with several addresses; here there is always one.
type maker interface {
	NewSubConn([]resolver.Address, balancer.NewSubConnOptions) (balancer.SubConn, error)
}

// A Queue knows the parked calls. Package pending has one.
type Queue interface {
	// Released says that a picker is published that can serve calls which were parked
	// under this epoch or an earlier one.
	Released(epoch uint64)
}

// Options are fixed for a group, except for its settings; see Group.Configure.
type Options struct {
	Parent   balancer.ClientConn   // the channel, or a policy
	Parented bool                  // Parent may be a policy, which may write to the metadata of a pick
	Build    balancer.BuildOptions // those of the policy, passed on to child policies

	// BackendCreds are the credentials for backends of server lists. Nil: those of the
	// channel, which fallback backends always get.
	BackendCreds credentials.Bundle

	Gate     Gate
	Queue    Queue
	Door     Door // how the policy is reached by who describes it
	Settings Settings

	Log diary.Log // of the channel
}

// A Group is the handle of a running group.
type Group struct {
	// Fixed after the start.
	options  Options
	children hosted.Shell

	inbox     *actor.Inbox[message] // policy, gRPC, callers → group
	plans     actor.Cell[*Plan]     // policy → group
	aggregate actor.Cell[Aggregate] // group → policy

	diary diary.Diary // owned by run
}

// Start starts a group in actors. It gives gRPC no state before its first plan, because a
// parent policy may not accept one yet. The caller has to give gRPC the state First before
// it adopts the first plan.
func Start(actors *actor.Group, options Options) *Group {
	g := &Group{
		options:   options,
		inbox:     actor.NewInbox[message](),
		plans:     actor.NewCell[*Plan](),
		aggregate: actor.NewCell[Aggregate](),
		diary:     diary.New(options.Log),
	}
	g.children = hosted.Shell{Channel: options.Parent, Build: options.Build, Actors: actors, Inbox: childInbox{g.inbox}}
	actors.Go(g.run)
	return g
}

// Aggregate yields the aggregate whenever it has changed.
func (g *Group) Aggregate() <-chan Aggregate { return g.aggregate.Ready() }

// run is the goroutine that owns the core.
func (g *Group) run(ctx context.Context) {
	core := newCore(g.options.Gate, g.options.Settings)
	core.display.door = g.options.Door
	timer := actor.NewTimer()
	defer g.end(core, timer)

	for {
		g.settle(core)
		g.diary.CatchUp(time.Now())
		timer.Set(g.diary.Due(core.next()))
		if now, isNew := core.news(); isNew {
			g.aggregate.Put(now)
		}
		select {
		case <-ctx.Done():
			return
		case <-timer.Ready():
			timer.Rang()
			g.catchUp(core)
		case plan := <-g.plans.Ready():
			core.adopt(plan, time.Now(), rand.Uint64())
		case batch := <-g.messages(core):
			g.handle(core, batch)
		}
	}
}

// catchUp handles the messages that came while messages returned nil, so that the next
// picker is up to date.
func (g *Group) catchUp(core *core) {
	select {
	case batch := <-g.inbox.Ready():
		g.handle(core, batch)
	default:
	}
}

// messages returns the channel of the group's inbox, or nil if messages have to wait.
// While the picker has to be replaced but not yet, handling messages would change nothing
// for calls. So they stay in the inbox until then and are handled together: with ten
// thousand backends that takes at most two milliseconds.
func (g *Group) messages(core *core) <-chan actor.Batch[message] {
	if core.rests() {
		return nil
	}
	return g.inbox.Ready()
}

func (g *Group) handle(core *core, batch actor.Batch[message]) {
	core.heard = time.Now()
	for _, m := range g.inbox.Open(batch) {
		switch m := m.(type) {
		case configure:
			core.configure(m.settings)
		case reported:
			core.reported(m.conn, m.state)
		case ended:
			core.ended(m.generation)
		case fromChild:
			core.fromChild(m.what)
		case count:
			m.reply <- core.count(m.stream)
		case describe:
			m.reply <- core.stats()
		case detail:
			m.reply <- core.state()
		case subConns:
			m.reply <- core.statesOf(m.of, m.rows)
		case sumUp:
			m.reply <- core.tally()
		default:
			panic("BUG: unknown message to the group")
		}
	}
}

// settle carries out the core's actions until there are none.
func (g *Group) settle(core *core) {
	for {
		todo := core.settle(time.Now())
		if len(todo) == 0 {
			return
		}
		for _, a := range todo {
			g.perform(core, a)
		}
	}
}

func (g *Group) perform(core *core, a action) {
	switch a := a.(type) {
	case makeSubConn:
		g.makeSubConn(core, a.conn)
	case connect:
		a.conn.connect()
	case shutDown:
		g.shutDown(a.conn)
	case publish:
		g.publish(a.state)
	case released:
		g.options.Queue.Released(a.epoch)
	case forChild:
		g.children.Perform(core.children, a.task)
	case note:
		g.diary.Note(a.remark, time.Now())
	case retire:
		a.generation.retire(g.drain(a.generation))
	default:
		panic("BUG: unknown action of the group")
	}
}

// publish gives a state to gRPC, or to the parent policy.
func (g *Group) publish(s balancer.State) {
	if g.options.Parented {
		s.Picker = ownMetadata{s.Picker}
	}
	g.options.Parent.UpdateState(s)
}

// makeSubConn has gRPC make the SubConn of conn. gRPC refuses only while the channel closes.
func (g *Group) makeSubConn(core *core, conn *subConn) {
	options := balancer.NewSubConnOptions{StateListener: g.listener(conn), HealthCheckEnabled: conn.health}
	if conn.provenance == FromBalancer {
		//lint:ignore SA1019 gRPC recommends attributes instead, but a bundle can't read them
		options.CredsBundle = g.options.BackendCreds
	}
	sc, err := maker(g.options.Parent).NewSubConn([]resolver.Address{conn.address}, options)
	if err != nil {
		core.refused(conn, err)
		return
	}
	core.made(conn, sc)
}

// shutDown shuts a SubConn down. If a child has used it, the child's minder does that.
func (g *Group) shutDown(conn *subConn) {
	if conn.sc != nil && !conn.users.ShutDown(conn.sc) {
		conn.sc.Shutdown()
	}
}

// end shuts down what the group owns. First it answers everybody who waits: a child that
// waits blocks its minder, which has to shut down the child's SubConns.
func (g *Group) end(core *core, timer *actor.Timer) {
	timer.Stop()
	for _, m := range g.inbox.Close() {
		switch m := m.(type) {
		case describe:
			m.reply <- Stats{}
		case detail:
			m.reply <- State{}
		case subConns:
			m.reply <- nil
		case sumUp:
			m.reply <- Tally{}
		case fromChild:
			hosted.Refuse(m.what)
		}
	}
	for _, a := range core.close() {
		g.perform(core, a)
	}
}

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

// A maker makes SubConns. Every balancer.ClientConn is one. There the method is marked
// as deprecated, because of calls with more than one address.
type maker interface {
	NewSubConn([]resolver.Address, balancer.NewSubConnOptions) (balancer.SubConn, error)
}

// A Queue holds the calls that were parked. The pending package has one.
type Queue interface {
	// Released says that there is a picker now which can serve the calls that were
	// parked up to this epoch.
	Released(epoch uint64)
}

// Options are fixed for a group, except for its settings; see Group.Configure.
type Options struct {
	Parent   balancer.ClientConn   // the channel, or a policy
	Parented bool                  // it may be a policy: policies write to the metadata of a pick
	Build    balancer.BuildOptions // that the policy was built with, for child policies

	// BackendCreds are for the backends of server lists. Nil: those get what the
	// channel dials with, as fallback backends always do.
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

// Start runs a group as one of the actors' loops. It tells gRPC nothing before its
// first plan, since a parent policy may not be ready for an update. Whoever adopts the
// first plan gives gRPC the state First before that.
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

// catchUp handles the messages that have come while the group did not listen, so that
// the picker that it publishes now is up to date.
func (g *Group) catchUp(core *core) {
	select {
	case batch := <-g.inbox.Ready():
		g.handle(core, batch)
	default:
	}
}

// messages is where the group hears from everybody but the policy; it does not listen if
// that is nil. While the picker is out of date and may not be replaced yet, handling more
// messages would change nothing for calls. They stay in the inbox, for two milliseconds
// with ten thousand backends, and are handled together.
func (g *Group) messages(core *core) <-chan actor.Batch[message] {
	if core.rests() {
		return nil
	}
	return g.inbox.Ready()
}

// handle handles a batch of messages.
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

// publish gives a state to gRPC, or to the policy that is its parent.
func (g *Group) publish(s balancer.State) {
	if g.options.Parented {
		s.Picker = ownMetadata{s.Picker}
	}
	g.options.Parent.UpdateState(s)
}

// makeSubConn has gRPC make the SubConn of conn. gRPC refuses only when the channel is
// closing.
func (g *Group) makeSubConn(core *core, conn *subConn) {
	options := balancer.NewSubConnOptions{StateListener: g.listener(conn), HealthCheckEnabled: conn.health}
	if conn.provenance == FromBalancer {
		//lint:ignore SA1019 in its place gRPC names attributes, which no bundle can read
		options.CredsBundle = g.options.BackendCreds
	}
	sc, err := maker(g.options.Parent).NewSubConn([]resolver.Address{conn.address}, options)
	if err != nil {
		core.refused(conn, err)
		return
	}
	core.made(conn, sc)
}

// shutDown shuts a SubConn down. If it was a child's, the child's minder does that.
func (g *Group) shutDown(conn *subConn) {
	if conn.sc != nil && !conn.users.ShutDown(conn.sc) {
		conn.sc.Shutdown()
	}
}

// end shuts down what the group owns. Whoever waits for an answer gets one first: the
// minder of a child that waits could not shut down the child's SubConns.
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
		case fromChild:
			hosted.Refuse(m.what)
		}
	}
	for _, a := range core.close() {
		g.perform(core, a)
	}
}

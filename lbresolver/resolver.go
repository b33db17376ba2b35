package lbresolver

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/internal/diary"
)

// A setup is what a resolver needs.
type setup struct {
	target  target
	figures figures
	seed    seed
	names   names          // looks up balancers, and the service
	texts   texts          // looks up the service config
	own     *serviceConfig // used while DNS has none; nil: then none is given either
	log     diary.Log      // names the target; gRPC does not tell a resolver of which channel it is
}

// A handle is what gRPC has of a resolver.
type handle struct {
	actors *actor.Group
	asked  chan<- struct{} // gRPC → worker; capacity 1: one request covers all before it
}

// ResolveNow starts new look-ups as soon as the interval allows. It may be called from any
// goroutine, and never waits.
func (h *handle) ResolveNow(resolver.ResolveNowOptions) {
	select {
	case h.asked <- struct{}{}:
	default: // a request is waiting already
	}
}

// Close ends the resolver. When it returns, look-ups are cancelled and all goroutines have ended. It
// can't deadlock with gRPC: the worker may be updating the channel, but gRPC handles that in a
// goroutine that does not call Close.
func (h *handle) Close() { h.actors.Stop() }

// A worker is the actor that resolves. Its fields do not change after the start, except for the diary; it
// owns the core, a local variable of run.
type worker struct {
	setup
	cc         resolver.ClientConn
	finder     finder
	configurer configurer
	actors     *actor.Group
	inbox      *actor.Inbox[message] // look-ups → worker
	asked      <-chan struct{}       // gRPC → worker
	diary      diary.Diary           // owned by run
}

// start starts a resolver for the channel cc.
func start(s setup, cc resolver.ClientConn) *handle {
	asked := make(chan struct{}, 1)
	w := &worker{setup: s, cc: cc,
		finder:     finder{s.names, s.target},
		configurer: configurer{s.texts, cc.ParseServiceConfig, s.target.service.host, thisClient()},
		actors:     actor.NewGroup(), inbox: actor.NewInbox[message](), asked: asked, diary: diary.New(s.log)}
	w.actors.Go(w.run)
	return &handle{actors: w.actors, asked: asked}
}

// run is the goroutine that owns the core and the timer.
func (w *worker) run(ctx context.Context) {
	c := newCore(w.target, w.figures, w.own)
	c.seed = w.seed
	timer := actor.NewTimer()
	defer timer.Stop()
	defer w.inbox.Close()
	for {
		w.decide(c)
		w.diary.CatchUp(time.Now())
		timer.Set(w.diary.Due(c.due()))
		select {
		case <-ctx.Done():
			return
		case <-timer.Ready():
			timer.Rang()
		case <-w.asked:
			c.want()
		case batch := <-w.inbox.Ready():
			w.handle(c, w.inbox.Open(batch))
		}
	}
}

func (w *worker) handle(c *core, batch []message) {
	now := time.Now()
	for _, m := range batch {
		switch m := m.(type) {
		case heard:
			c.heard(now, m.answer)
		case ended:
			w.note(now, append(m.answer.left, c.remarkBalancers(now, m.answer))...)
			c.ended(now, m.answer)
		case addressed:
			w.note(now, append(m.answer.left, c.remarkAddresses(now, m.answer)...)...)
			c.addressed(now, m.answer)
		case configured:
			w.note(now, c.remarkConfig(now, m.err)...)
			c.configured(now, m.config, m.err)
		default:
			panic(fmt.Sprintf("BUG: the resolver was told a %T", m))
		}
	}
}

func (w *worker) note(now time.Time, all ...diary.Remark) {
	for _, r := range all {
		w.diary.Note(r, now)
	}
}

// decide tells the channel and starts look-ups, as the core decides.
func (w *worker) decide(c *core) {
	c.check(time.Now())
	if v, ok := c.tell(time.Now()); ok {
		c.told(time.Now(), w.tell(v))
	}
	c.schedule(time.Now(), rand.Float64())
	w.look(c, time.Now())
}

// tell updates the channel, and returns why the channel refused: then the update is sent again
// later. It waits for the channel's policy.
func (w *worker) tell(v view) error {
	if v.err != nil {
		w.cc.ReportError(v.err)
		return v.err
	}
	return w.cc.UpdateState(v.state())
}

// look starts the look-ups that are due.
func (w *worker) look(c *core, now time.Time) {
	if c.balancing.start(now) {
		w.actors.Go(func(ctx context.Context) {
			w.inbox.Send(ended{w.finder.lookEarly(ctx, func(a answer) { w.inbox.Send(heard{a}) })})
		})
	}
	if c.addressing.start(now) {
		w.actors.Go(func(ctx context.Context) { w.inbox.Send(addressed{w.finder.lookService(ctx)}) })
	}
	if c.configuring.start(now) {
		w.actors.Go(func(ctx context.Context) {
			config, err := w.configurer.look(ctx)
			w.inbox.Send(configured{config, err})
		})
	}
}

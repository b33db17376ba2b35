package lbresolver

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/actor"
)

// A setup is what a resolver is made of.
type setup struct {
	target  target
	figures figures
	seed    seed
	names   names          // looks up balancers, and the service
	texts   texts          // looks up the service config
	own     *serviceConfig // for want of one in DNS; nil if there is to be none
}

// A handle is what gRPC holds of a resolver.
type handle struct {
	actors *actor.Group
	asked  chan<- struct{} // gRPC → worker; capacity 1, which is often enough
}

// ResolveNow has everything looked up again, as soon as the interval allows. It
// may be called from any goroutine, and never waits.
func (h *handle) ResolveNow(resolver.ResolveNowOptions) {
	select {
	case h.asked <- struct{}{}:
	default: // it will be done anyway
	}
}

// Close ends the resolver. When it returns all its goroutines have ended, and
// look-ups are broken off. It waits for nothing that runs where gRPC calls it:
// the worker may be telling the channel something, but that is done by another of
// gRPC's goroutines.
func (h *handle) Close() { h.actors.Stop() }

// A worker is the actor that resolves. Its fields are fixed after the start:
// what it owns is the core, a local of run.
type worker struct {
	setup
	cc         resolver.ClientConn
	finder     finder
	configurer configurer
	actors     *actor.Group
	inbox      *actor.Inbox[message] // look-ups → worker
	asked      <-chan struct{}       // gRPC → worker
}

// start starts a resolver for the channel cc.
func start(s setup, cc resolver.ClientConn) *handle {
	asked := make(chan struct{}, 1)
	w := &worker{setup: s, cc: cc,
		finder:     finder{s.names, s.target},
		configurer: configurer{s.texts, cc.ParseServiceConfig, s.target.service.host, thisClient()},
		actors:     actor.NewGroup(), inbox: actor.NewInbox[message](), asked: asked}
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
		timer.Set(c.due())
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
			w.logBalancers(c, m.answer)
			c.ended(now, m.answer)
		case addressed:
			w.logAddresses(c, m.answer)
			c.addressed(now, m.answer)
		case configured:
			w.logConfig(m.err)
			c.configured(now, m.config, m.err)
		default:
			panic(fmt.Sprintf("BUG: the resolver was told a %T", m))
		}
	}
}

// decide does what follows from what the core knows now.
func (w *worker) decide(c *core) {
	c.check(time.Now())
	if v, ok := c.tell(time.Now()); ok {
		c.told(time.Now(), w.tell(v))
	}
	c.schedule(time.Now(), rand.Float64())
	w.look(c, time.Now())
}

// tell tells the channel, and returns why it is not content: then it is told
// again later. This waits for the channel's policy.
func (w *worker) tell(v view) error {
	if v.err != nil {
		w.cc.ReportError(v.err)
		return v.err
	}
	return w.cc.UpdateState(v.state())
}

// look begins the look-ups that are due.
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

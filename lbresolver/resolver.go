package lbresolver

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"time"

	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/serviceconfig"

	"github.com/actorlb/grpclb/actor"
)

// A setup is what a resolver is made of.
type setup struct {
	target  target
	figures figures
	names   names            // looks up balancers
	builder resolver.Builder // of what looks up the service's own addresses
}

// A handle is what gRPC holds of a resolver.
type handle struct {
	actors *actor.Group
	asked  chan<- struct{} // gRPC → worker; capacity 1, which is often enough
}

// ResolveNow has balancers and addresses looked up again, as soon as their
// intervals allow. It may be called from any goroutine, and never waits.
func (h *handle) ResolveNow(resolver.ResolveNowOptions) {
	select {
	case h.asked <- struct{}{}:
	default: // it will be done anyway
	}
}

// Close ends the resolver. When it returns all its goroutines have ended; the
// look-ups for balancers are broken off, and so are those of grpc-go's DNS
// resolver, which may take 5 s. It waits for nothing that runs where gRPC calls
// it: the worker may be telling the channel something, but that is done by
// another of gRPC's goroutines.
func (h *handle) Close() { h.actors.Stop() }

// A worker is the actor that resolves. Its fields are fixed after the start:
// what it owns is the core, a local of run.
type worker struct {
	setup
	cc     resolver.ClientConn
	config *serviceconfig.ParseResult // for want of one in DNS; nil if there is to be none
	actors *actor.Group
	inbox  *actor.Inbox[message] // DNS resolver, look-ups → worker
	asked  <-chan struct{}       // gRPC → worker
	dns    resolver.Resolver     // worker → DNS resolver
}

// start starts a resolver for the channel cc.
func start(s setup, cc resolver.ClientConn, o resolver.BuildOptions) (*handle, error) {
	asked := make(chan struct{}, 1)
	w := &worker{setup: s, cc: cc, actors: actor.NewGroup(), inbox: actor.NewInbox[message](), asked: asked}
	choose := s.target.config && !o.DisableServiceConfig
	if choose {
		w.config = cc.ParseServiceConfig(ownConfig)
	}
	var err error
	if w.dns, err = s.builder.Build(s.target.forDNS(), listener{cc, w.inbox, choose}, o); err != nil {
		return nil, fmt.Errorf("lbresolver: addresses of %v: %w", s.target.service, err)
	}
	w.actors.Go(w.run)
	return &handle{actors: w.actors, asked: asked}, nil
}

// forDNS is the target for grpc-go's DNS resolver: the server to ask as its
// authority, and the service.
func (t target) forDNS() resolver.Target {
	return resolver.Target{URL: url.URL{Scheme: "dns", Host: t.dns, Path: "/" + t.service.String()}}
}

// run is the goroutine that owns the core, the timer and the DNS resolver.
func (w *worker) run(ctx context.Context) {
	c := newCore(w.target, w.figures, w.config)
	timer := actor.NewTimer()
	defer w.end(timer)
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
			w.dns.ResolveNow(resolver.ResolveNowOptions{})
		case batch := <-w.inbox.Ready():
			w.handle(c, w.inbox.Open(batch))
		}
	}
}

func (w *worker) handle(c *core, batch []message) {
	for _, m := range batch {
		switch m := m.(type) {
		case addressesFound:
			c.addressesFound(m.state)
		case addressesFailed:
			c.addressesFailed(m.err)
		case ended:
			w.log(c, m.answer)
			c.ended(time.Now(), m.answer)
		default:
			panic(fmt.Sprintf("BUG: the resolver was told a %T", m))
		}
	}
}

// decide does what follows from what the core knows now.
func (w *worker) decide(c *core) {
	c.check(time.Now())
	if s, err, ok := c.tell(); ok {
		c.told(w.tell(s, err))
	}
	c.schedule(time.Now(), rand.Float64())
	if c.start(time.Now()) {
		w.look(c)
	}
}

// tell tells the channel, and returns why it is not content: then it is told
// again later. This waits for the channel's policy.
func (w *worker) tell(s resolver.State, err error) error {
	if err != nil {
		w.cc.ReportError(err)
		return err
	}
	return w.cc.UpdateState(s)
}

// look begins to look for balancers. If the channel was not content, it may be
// the addresses or the service config that have to be better.
func (w *worker) look(c *core) {
	if c.refusal != nil {
		w.dns.ResolveNow(resolver.ResolveNowOptions{})
	}
	f := finder{w.names, w.target}
	w.actors.Go(func(ctx context.Context) { w.inbox.Send(ended{f.look(ctx)}) })
}

func (w *worker) log(c *core, a answer) {
	switch {
	case a.err != nil && !a.known:
		logger.Warningf("lbresolver: the balancers of %v can't be looked up, so the %d known stay for now: %v",
			w.target.service, len(c.balancers), a.err)
	case a.err != nil:
		logger.Warningf("lbresolver: not all balancers of %v are known: %v", w.target.service, a.err)
	default:
		logger.Infof("lbresolver: %v has balancers at %d addresses", w.target.service, len(a.balancers))
	}
}

// end gives up what the worker owns. The DNS resolver may be telling us
// something, and does not wait for us to hear it.
func (w *worker) end(timer *actor.Timer) {
	timer.Stop()
	w.dns.Close()
	w.inbox.Close()
}

package lbserver

import (
	"context"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// errClosing is how calls end when the balancer closes.
var errClosing = status.Error(codes.Unavailable, "the balancer is closing")

// An owner has the registry to itself. It is reachable from the loop only.
type owner struct {
	balancer *Balancer
	registry *registry
}

// loop owns which service has which answer and which calls there are. It never
// waits for a call: an answer goes into the call's cell, a verdict into room
// kept for it.
func (b *Balancer) loop(ctx context.Context) {
	o := &owner{balancer: b, registry: newRegistry()}
	for {
		select {
		case batch := <-b.inbox.Ready():
			o.handle(b.inbox.Open(batch))
		case <-ctx.Done():
			// A call that was promised a word and is still in the inbox must get it.
			o.handle(b.inbox.Close())
			o.end(o.registry.close(), errClosing)
			return
		}
	}
}

func (o *owner) handle(batch []message) {
	for _, m := range batch {
		switch m := m.(type) {
		case opened:
			o.opened(m.call)
		case asked:
			o.asked(m.call, m.service)
		case left:
			o.registry.leave(m.call)
		case answered:
			o.answered(m.service, m.answer)
		case expected:
			o.registry.expect(m.service)
		case removed:
			o.removed(m.service)
		default:
			panic(fmt.Sprintf("BUG: the balancer was told %T", m))
		}
	}
}

// opened starts the reader. The loop does, not the handler, because only a
// running loop may add to the group without racing against its Stop.
func (o *owner) opened(c *call) {
	o.registry.open(c)
	o.balancer.group.Go(func(context.Context) { o.balancer.read(c) })
}

// asked gives the call its first answer, if there is one already.
func (o *owner) asked(c *call, service string) {
	a, here := o.registry.ask(c, service)
	switch {
	case !here:
	case a == nil:
		// Mostly a name that client and balancer spell differently.
		logger.Infof("lbserver: %v asked for service %q, which is not known", c.peer.Addr, service)
		c.refuse(status.Errorf(codes.NotFound, "the balancer knows no service %q", service))
	case a == unknownYet:
		// The call hears of the answer when it comes.
	default:
		c.answers.Put(a.delivery(c))
	}
}

func (o *owner) answered(service string, a *answer) {
	for c := range o.registry.answer(service, a) {
		c.answers.Put(a.delivery(c))
	}
}

func (o *owner) removed(service string) {
	o.end(o.registry.remove(service), status.Errorf(codes.NotFound, "the balancer has removed service %q", service))
}

func (o *owner) end(calls audience, why error) {
	for c := range calls {
		c.end(why)
	}
}

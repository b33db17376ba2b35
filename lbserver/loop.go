package lbserver

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/actor"
)

// errClosing is how calls end when the balancer closes.
var errClosing = status.Error(codes.Unavailable, "the balancer is closing")

// An owner has the registry. Only the loop has an owner.
type owner struct {
	balancer *Balancer
	registry *registry
	tally    tally
	reviews  reviews

	departure *departure // nil until CloseOver is called
	departed  []chan<- struct{}
}

// loop owns the registry: which service has which answers, and which calls there are.
// It never waits for a call: an answer goes into the call's cell, and the channel for
// verdicts has room. The only code of the user that it runs are codecs and compressors.
func (b *Balancer) loop(ctx context.Context) {
	o := &owner{balancer: b, registry: newRegistry()}
	timer := actor.NewTimer()
	defer timer.Stop()
	for {
		select {
		case batch := <-b.inbox.Ready():
			o.handle(b.inbox.Open(batch))
		case <-timer.Ready():
			timer.Rang()
		case <-ctx.Done():
			// The handlers of calls that are still in the inbox wait for a verdict.
			o.handle(b.inbox.Close())
			o.end(o.registry.close(), errClosing)
			o.gone()
			o.reviews.close()
			return
		}
		timer.Set(o.depart(time.Now()))
	}
}

func (o *owner) handle(batch []message) {
	for _, m := range batch {
		switch m := m.(type) {
		case opened:
			o.opened(m.call)
		case asked:
			o.asked(m)
		case reported:
			o.tally.reports++
			o.registry.reported(m.call, m.report)
		case handed:
			o.tally.handed(m.bytes)
			o.registry.handed(m.call, m.number)
		case left:
			o.tally.ended(m.code)
			o.registry.leave(m.call)
			o.reviews.left(m.call)
		case answered:
			o.answered(m)
		case expected:
			o.registry.expect(m.service)
		case unset:
			o.unset(m.service, m.class)
		case removed:
			o.removed(m.service)
		case leaving:
			o.leaving(m)
		case reviewing:
			o.review(m)
		case described:
			m.reply <- o.describe(time.Now())
		default:
			panic(fmt.Sprintf("BUG: the balancer was told %T", m))
		}
	}
}

// opened starts the reader. The loop does, not the handler, because only a
// running loop may add to the group without racing against its Stop.
func (o *owner) opened(c *call) {
	b := o.balancer
	o.tally.opened++
	if o.departure != nil {
		close(c.done) // there is no reader that would do it
		c.refuse(errClosing)
		return
	}
	if most := b.opts.MaxClients; most > 0 && len(o.registry.calls) >= most {
		close(c.done)
		c.refuse(status.Errorf(codes.ResourceExhausted, "the balancer has %d clients and takes no more", most))
		return
	}
	id := o.registry.open(c)
	b.group.Go(func(context.Context) { b.read(c, id) })
}

// asked gives the call its answer, if there is one already.
func (o *owner) asked(m asked) {
	before := o.registry.of(m.call)
	a, here := o.registry.ask(m.call, m.client, m.round)
	switch {
	case !here:
	case a == nil && !m.again:
		m.call.answers.Put(delivery{none: true, round: m.round})
	case a == nil:
		o.registry.leave(m.call)
		if why := o.unknown(m.client); before.class == nil {
			m.call.refuse(why)
		} else {
			m.call.end(why)
		}
	default:
		o.deliver(a, m.call)
		o.reviews.asked(m.call, m.round, !m.client.at(before.client))
	}
}

// unknown logs that there is no answer for the client and returns how its call ends.
func (o *owner) unknown(client Client) error {
	if o.registry.services[client.Service] == nil {
		// Mostly a name that client and balancer spell differently.
		logger.Infof("lbserver: %v asked for service %q, which is not known", client.Peer.Addr, client.Asked)
		return status.Errorf(codes.NotFound, "the balancer knows no service %q", client.Asked)
	}
	logger.Infof("lbserver: %v asked for service %q, which has no answer for its class %q", client.Peer.Addr, client.Asked, client.Class)
	return status.Errorf(codes.NotFound,
		"the balancer has no answer of service %q for this client: its class %q has none, and the service has none of its own",
		client.Asked, client.Class)
}

func (o *owner) answered(m answered) {
	m.answer.since = time.Now()
	o.deliver(m.answer, o.registry.set(m.service, m.class, m.answer)...)
}

func (o *owner) unset(service, class string) {
	calls, a := o.registry.unset(service, class)
	if a == nil {
		o.end(calls, errUnset(service, class))
		return
	}
	o.deliver(a, calls...)
}

func (o *owner) removed(service string) {
	o.end(o.registry.remove(service), status.Errorf(codes.NotFound, "the balancer has removed service %q", service))
}

// deliver tells the calls an answer. Of one that is not known yet they hear when it
// comes.
func (o *owner) deliver(a *answer, calls ...*call) {
	if a == unknownYet {
		return
	}
	before := len(a.encoded)
	for _, c := range calls {
		d := a.delivery(c)
		d.round = o.registry.calls[c].round
		c.answers.Put(d)
	}
	o.tally.encoded += uint64(len(a.encoded) - before)
}

func (o *owner) end(calls []*call, why error) {
	for _, c := range calls {
		c.end(why)
	}
}

// errUnset is how calls end whose answer, that of the class, was removed while there is no
// other for them.
func errUnset(service, class string) error {
	if class == "" {
		return status.Errorf(codes.NotFound,
			"the balancer has removed the answer of service %q, and there is none for this client's class", service)
	}
	return status.Errorf(codes.NotFound,
		"the balancer has removed the answer of class %q of service %q, and the service has none of its own", class, service)
}

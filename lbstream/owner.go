package lbstream

import (
	"context"
	"fmt"
	"time"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/tokens"
)

// owner is the goroutine that owns the channel, the call and its reports.
type owner struct {
	// Fixed after the start.
	group  *actor.Group
	opts   Options
	public *Stream

	// Owned by the loop.
	core    core
	channel *channel       // nil: none
	stream  *balanceStream // nil: none
	told    Status         // put last

	// Belongs to one question, so an answer that comes when nobody wants to know
	// any more is told apart by where it comes.
	answer chan tokens.Counts // counter → owner, room for one; nil: nothing is asked
}

// loop hears the inbox, the children of the present call and the counter, and
// publishes after each batch. Select is fair, so a reader with a flood behind
// it cannot keep the others from being heard. When the loop returns the context
// is done, and with it the call and its children.
func (o *owner) loop(ctx context.Context) {
	defer o.public.inbox.Close()
	defer o.closeChannel()
	timer := actor.NewTimer() // of the reports, and of a silent balancer
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case batch := <-o.public.inbox.Ready():
			for _, m := range o.public.inbox.Open(batch) {
				o.do(ctx, o.handle(m))
			}
		case e := <-o.events():
			o.hear(ctx, e)
		case now := <-timer.Ready():
			timer.Rang()
			o.do(ctx, o.core.rang(now, o.stream.from()))
		case counts := <-o.answer:
			o.answer = nil
			o.do(ctx, o.core.counted(time.Now(), counts))
		}
		timer.Set(o.core.due())
		o.publish()
	}
}

// handle passes one message to the core.
func (o *owner) handle(m message) []command {
	switch m := m.(type) {
	case serve:
		return o.core.serve(time.Now(), m.target)
	case dialNow:
		return o.core.dialNow(time.Now(), m)
	case askAgain:
		return o.core.askAgain(time.Now())
	case configure:
		o.core.configure(m.settings)
		return nil
	default:
		panic(fmt.Sprintf("BUG: the stream was sent a %T", m))
	}
}

// events is where the present call's children speak; nil, it is never heard.
func (o *owner) events() <-chan streamEvent {
	if o.stream == nil {
		return nil
	}
	return o.stream.events
}

// hear passes one event of the present call to the core. A call that ended by
// itself is cancelled too: its sender may have something to say. It has a channel
// under it, whose state is read while nothing else uses it.
func (o *owner) hear(ctx context.Context, e streamEvent) {
	switch e := e.(type) {
	case opened:
		o.stream.raw = e.raw
		o.do(ctx, o.core.opened(time.Now()))
	case received:
		o.do(ctx, o.core.received(time.Now(), e))
	case sent:
		o.core.sent(time.Now())
	case ended:
		from := o.stream.from()
		o.endStream()
		o.do(ctx, o.core.ended(time.Now(), e.err, o.channel.usable(), from))
	default:
		panic(fmt.Sprintf("BUG: a stream sent a %T", e))
	}
}

// do does what the core wants done, in order: a closed channel, say, is gone
// before the next one is made. None of it waits for the network.
func (o *owner) do(ctx context.Context, commands []command) {
	for _, c := range commands {
		switch c := c.(type) {
		case openChannel:
			o.channel = newChannel(o.opts, o.core.settings.Keepalive, c.addresses)
		case useAddresses:
			o.channel.use(c.addresses)
		case closeChannel:
			o.closeChannel()
		case openStream:
			o.stream = startStream(ctx, o.group, o.channel, o.core.status.List)
		case endStream:
			o.endStream()
		case sendInitial:
			o.stream.send(o.group, initialRequest(c.name))
		case ask:
			o.answer = make(chan tokens.Counts, 1)
			o.opts.Counter.Count(c.stream, o.answer)
		case sendReport:
			o.stream.send(o.group, reportRequest(c.stats))
		case tellRetry:
			o.public.retry.Send(c.message)
		case moveOn:
			logger.Warning(c)
		case complain:
			logger.Warning(c)
		default:
			panic(fmt.Sprintf("BUG: the core wants a %T", c))
		}
	}
}

// endStream cancels the call, which ends its children, and forgets it along with
// the question that may be out about it.
func (o *owner) endStream() {
	o.stream.cancel()
	o.stream, o.answer = nil, nil
}

// closeChannel has gRPC close the channel. Over a connection that takes nothing in
// that may last 5 s, which is gRPC's time for a goodbye, and nobody waits for it: the
// goroutine has nothing of the stream's, and ends with the connection.
func (o *owner) closeChannel() {
	if o.channel != nil {
		go o.channel.close()
	}
	o.channel = nil
}

// publish follows the messages to the retry owner, so that a Reset in answer
// to a status finds the end of the call known there.
func (o *owner) publish() {
	if !o.core.status.differs(o.told) {
		return
	}
	o.told = o.core.status
	o.public.status.Put(o.told)
}

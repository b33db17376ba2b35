package lbstream

import (
	"context"
	"fmt"
	"time"

	"github.com/actorlb/grpclb/actor"
)

// owner is the goroutine that owns the channel and the call.
type owner struct {
	// Fixed after the start.
	group  *actor.Group
	opts   Options
	stream *Stream

	// Owned by the loop.
	core    core
	channel *channel // nil: none
	call    *call    // nil: none
	told    Status   // put last
}

// loop hears the inbox and the reader of the present call, and publishes after
// each batch. Select is fair, so a reader with a flood behind it cannot keep
// the policy from being heard. When the loop returns the context is done, and
// with it the call and its children.
func (o *owner) loop(ctx context.Context) {
	defer o.stream.inbox.Close()
	defer o.closeChannel()
	for {
		select {
		case <-ctx.Done():
			return
		case batch := <-o.stream.inbox.Ready():
			for _, m := range o.stream.inbox.Open(batch) {
				o.do(ctx, o.handle(m))
			}
		case e := <-o.events():
			o.hear(ctx, e)
		}
		o.publish()
	}
}

// handle passes one message to the core.
func (o *owner) handle(m message) []command {
	switch m := m.(type) {
	case serve:
		return o.core.serve(time.Now(), m.target)
	case dialNow:
		return o.core.dialNow(m)
	default:
		panic(fmt.Sprintf("BUG: the stream was sent a %T", m))
	}
}

// events is where the present call's reader speaks; nil, it is never heard.
func (o *owner) events() <-chan callEvent {
	if o.call == nil {
		return nil
	}
	return o.call.events
}

// hear passes one event of the present call to the core. A call that ended by
// itself is cancelled too: its sender may be waiting for something to send. It
// has a channel under it, whose state is read while nothing else uses it.
func (o *owner) hear(ctx context.Context, e callEvent) {
	switch e := e.(type) {
	case opened:
		o.call.stream = e.stream
		o.do(ctx, o.core.opened(time.Now()))
	case received:
		o.do(ctx, o.core.received(e.response))
	case ended:
		o.endCall()
		o.do(ctx, o.core.ended(time.Now(), e.err, o.channel.usable()))
	default:
		panic(fmt.Sprintf("BUG: a reader sent a %T", e))
	}
}

// do does what the core wants done, in order: a closed channel, say, is gone
// before the next one is made. None of it waits for the network.
func (o *owner) do(ctx context.Context, commands []command) {
	for _, c := range commands {
		switch c := c.(type) {
		case openChannel:
			o.channel = newChannel(o.opts, c.addresses)
		case useAddresses:
			o.channel.use(c.addresses)
		case closeChannel:
			o.closeChannel()
		case openCall:
			o.call = startCall(ctx, o.group, o.channel)
		case endCall:
			o.endCall()
		case sendInitial:
			o.call.startSender(o.group, c.name)
		case tellRetry:
			o.stream.retry.Send(c.message)
		case complain:
			logger.Warning(c)
		default:
			panic(fmt.Sprintf("BUG: the core wants a %T", c))
		}
	}
}

// endCall cancels the call, which ends its children, and forgets it.
func (o *owner) endCall() {
	o.call.cancel()
	o.call = nil
}

// closeChannel has the channel closed by a goroutine of its own, since that
// may take a while. The group waits for it.
func (o *owner) closeChannel() {
	if ch := o.channel; ch != nil {
		o.group.Go(func(context.Context) { ch.close() })
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
	o.stream.status.Put(o.told)
}

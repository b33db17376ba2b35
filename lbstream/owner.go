package lbstream

import (
	"context"
	"fmt"
	"time"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/tokens"
)

// owner is the goroutine that owns the channel, the stream and its load reports.
type owner struct {
	// Fixed after the start.
	group  *actor.Group
	opts   Options
	public *Stream

	// Owned by the loop.
	core    core
	channel *channel       // nil: none
	stream  *balanceStream // nil: none
	told    Status         // the status that was published last

	// Each question has its own channel, so an answer to an earlier question is never
	// taken for the answer to this one.
	answer chan tokens.Counts // counter → owner, room for one; nil: nothing is asked
}

// loop handles the inbox, the events of the present stream, the timer and the
// counter's answers, and publishes the status after each batch. Select is fair, so a
// reader that always has a message does not keep the others waiting. When the loop
// returns, ctx is done, which ends the stream and its goroutines.
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
		panic(fmt.Sprintf("BUG: the stream owner got a %T", m))
	}
}

// events returns the channel of the present stream's events, or nil.
func (o *owner) events() <-chan streamEvent {
	if o.stream == nil {
		return nil
	}
	return o.stream.events
}

// hear passes one event of the present stream to the core. A stream that ended by
// itself is cancelled too, because its sender may still be waiting. The state of the
// channel is read before the commands of the core can change it.
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

// do carries out commands in order: the old channel is closed before a new one is
// made, for example. None of it waits for the network.
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

// endStream cancels the stream, which ends its goroutines. An answer to the question
// that may be out about it will be dropped.
func (o *owner) endStream() {
	o.stream.cancel()
	o.stream, o.answer = nil, nil
}

// closeChannel has gRPC close the channel, in a goroutine of its own: over a stalled
// connection that takes up to 5 s, and nobody waits for it.
func (o *owner) closeChannel() {
	if o.channel != nil {
		go o.channel.close()
	}
	o.channel = nil
}

// publish puts the status into its cell if it has changed. That comes after the
// messages to the retry owner, so that a Reset sent in answer to a status finds the
// end of the stream known there.
func (o *owner) publish() {
	if !o.core.status.differs(o.told) {
		return
	}
	o.told = o.core.status
	o.public.status.Put(o.told)
}

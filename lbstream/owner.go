package lbstream

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc/backoff"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/internal/diary"
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
	channel *channel                   // nil: none
	stream  *balanceStream             // nil: none
	retry   *actor.Inbox[retryMessage] // stream owner → retry owner; nil: not started
	diary   diary.Diary

	// Each question has its own channel, so an answer to an earlier question is never
	// taken for the answer to this one.
	answer chan tokens.Counts // counter → owner, room for one; nil: nothing is asked
}

// loop handles the inbox, the events of the present stream, the timer and the
// counter's answers, and publishes the status after each batch. Select is fair, so a
// reader that always has a message does not keep the others waiting. When the loop
// returns, ctx is done, which ends the stream and its goroutines.
func (o *owner) loop(ctx context.Context) {
	timer := actor.NewTimer() // of the reports, of a silent balancer, and of the diary
	defer o.end(timer)
	for {
		select {
		case <-ctx.Done():
			return
		case batch := <-o.public.inbox.Ready():
			o.hear(ctx, batch)
		case e := <-o.events():
			o.happened(e)
		case now := <-timer.Ready():
			timer.Rang()
			o.core.rang(now, o.stream.from())
		case counts := <-o.answer:
			o.answered(counts)
		}
		o.do(ctx)
		o.diary.CatchUp(time.Now())
		timer.Set(o.diary.Due(o.core.due()))
		o.publish()
	}
}

// hear takes messages. Each one is acted upon before the next.
func (o *owner) hear(ctx context.Context, batch actor.Batch[message]) {
	for _, m := range o.public.inbox.Open(batch) {
		o.handle(m)
		o.do(ctx)
	}
}

// handle passes one message to the core.
func (o *owner) handle(m message) {
	switch m := m.(type) {
	case serve:
		o.core.serve(time.Now(), m.target)
	case dialNow:
		o.core.dialNow(time.Now(), m)
	case askAgain:
		o.core.askAgain(time.Now())
	case configure:
		o.core.configure(m.settings)
	case reset:
		o.core.reset()
	case setBackoff:
		o.core.setBackoff(m.backoff)
	case stateAsked:
		m.reply <- o.describe()
	default:
		panic(fmt.Sprintf("BUG: the stream owner got a %T", m))
	}
}

func (o *owner) answered(counts tokens.Counts) {
	o.answer = nil
	o.core.counted(time.Now(), counts)
}

// events returns the channel of the present stream's events, or nil.
func (o *owner) events() <-chan streamEvent {
	if o.stream == nil {
		return nil
	}
	return o.stream.events
}

// happened passes one event of the present stream to the core. A stream that ended by
// itself is cancelled too, because its sender may still be waiting. The state of the
// channel is read before the commands of the core can change it.
func (o *owner) happened(e streamEvent) {
	switch e := e.(type) {
	case opened:
		o.stream.raw = e.raw
		o.core.opened(time.Now())
	case received:
		o.core.received(time.Now(), e)
	case sent:
		o.core.sent(time.Now())
	case ended:
		from := o.stream.from()
		o.endStream()
		o.core.ended(time.Now(), e.err, o.channel.usable(), from)
	default:
		panic(fmt.Sprintf("BUG: a stream sent a %T", e))
	}
}

// do carries out the core's commands in order: the old channel is closed before a new
// one is made, for example. None of it waits for the network.
func (o *owner) do(ctx context.Context) {
	for _, c := range o.core.take() {
		switch c := c.(type) {
		case openChannel:
			o.channel = newChannel(&o.opts, c.keepalive, c.addresses)
		case useAddresses:
			o.channel.use(c.addresses)
		case closeChannel:
			o.closeChannel()
		case openStream:
			o.stream = startStream(ctx, o.group, o.channel, c.last)
		case endStream:
			o.endStream()
		case sendInitial:
			o.stream.send(o.group, initialRequest(c.name))
		case ask:
			o.answer = make(chan tokens.Counts, 1)
			o.opts.Counter.Count(c.stream, o.answer)
		case sendReport:
			o.stream.send(o.group, reportRequest(c.stats))
		case startRetry:
			o.startRetry(c.backoff)
		case tellRetry:
			o.retry.Send(c.message)
		case moveOn:
			o.diary.Note(c.remark(), time.Now())
		case complain:
			o.diary.Note(c.remark(), time.Now())
		default:
			panic(fmt.Sprintf("BUG: the core wants a %T", c))
		}
	}
}

func (o *owner) startRetry(b backoff.Config) {
	inbox := actor.NewInbox[retryMessage]()
	o.retry = inbox
	o.group.Go(func(ctx context.Context) { o.public.retryLoop(ctx, inbox, retryCore{backoff: b}) })
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

// publish puts the status into its cell if the core has a new one.
func (o *owner) publish() {
	if status := o.core.news(); status != nil {
		o.public.status.Put(status)
	}
}

// end stops all that the owner has. Messages that are left are dropped, but who waits for
// an answer gets an empty one.
func (o *owner) end(timer *actor.Timer) {
	timer.Stop()
	o.closeChannel()
	for _, m := range o.public.inbox.Close() {
		if m, asks := m.(stateAsked); asks {
			m.reply <- described{}
		}
	}
}

package grpclb

import (
	"context"
	"time"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/internal/diary"
	"github.com/actorlb/grpclb/lbstream"
	"github.com/actorlb/grpclb/pending"
	"github.com/actorlb/grpclb/rrgroup"
)

// A policy is the actor that decides where the backends come from. Its fields do not change
// after the start, except for the diary; the machine and the timer are local variables of run.
type policy struct {
	cc    balancer.ClientConn
	about about
	inbox *actor.Inbox[message] // gRPC → policy

	stream *lbstream.Stream // policy ↔ stream
	group  *rrgroup.Group   // policy ↔ group
	queue  *pending.Queue   // policy → pending

	diary diary.Diary // owned by run
}

// run is the goroutine that owns the mode machine.
func (p *policy) run(ctx context.Context, m *machine) {
	timer := actor.NewTimer()
	defer p.end(timer)
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.Ready():
			timer.Rang()
		case batch := <-p.inbox.Ready():
			p.hear(m, p.inbox.Open(batch))
		case status := <-p.stream.Status():
			m.contacted(*status)
		case aggregate := <-p.group.Aggregate():
			m.aggregated(aggregate)
		}
		p.settle(m)
		p.diary.CatchUp(time.Now())
		timer.Set(p.diary.Due(m.deadline()))
	}
}

// hear takes messages of gRPC. Each one is settled before the next.
func (p *policy) hear(m *machine, batch []message) {
	for _, msg := range batch {
		p.handle(m, msg)
		p.settle(m)
	}
}

func (p *policy) handle(m *machine, msg message) {
	switch msg := msg.(type) {
	case *resolved:
		m.update(msg, time.Now())
	case resolverFailed:
		m.resolverFailed(msg.err)
	case exitIdle:
		m.do(redial{})
	case stateAsked:
		msg.reply <- m.describe()
	default:
		panic("BUG: unknown message to the policy")
	}
}

// settle carries out the actions of the machine.
func (p *policy) settle(m *machine) {
	for _, a := range m.settle(time.Now()) {
		switch a := a.(type) {
		case configure:
			p.configure(&a.config)
		case serve:
			p.stream.Serve(a.target)
		case adopt:
			p.group.Adopt(a.plan)
		case askAgain:
			p.stream.AskAgain()
		case redial:
			p.stream.Reset()
		case reresolve:
			p.cc.ResolveNow(resolver.ResolveNowOptions{})
		case note:
			p.diary.Note(a.remark, time.Now())
		default:
			panic("BUG: unknown action of the machine")
		}
	}
}

func (p *policy) configure(c *Config) {
	p.stream.SetBackoff(c.StreamBackoff)
	p.stream.Configure(c.streamSettings())
	p.group.Configure(c.settings())
	p.queue.SetLimit(c.MaxPendingPicks)
}

// serviceName returns the name of the service for which the balancer is asked. endpoint is that of
// the channel's target.
func (c *Config) serviceName(endpoint string) string {
	if c.ServiceName != "" {
		return c.ServiceName
	}
	return endpoint
}

// end stops the timer and closes the inbox. Messages that are left are dropped; who waits
// for an answer is told so.
func (p *policy) end(timer *actor.Timer) {
	timer.Stop()
	for _, msg := range p.inbox.Close() {
		if d, asks := msg.(stateAsked); asks {
			close(d.reply)
		}
	}
}

func (c *Config) streamSettings() lbstream.Settings {
	return lbstream.Settings{Timeout: c.BalancerTimeout, Keepalive: c.BalancerKeepalive}
}

func (c *Config) settings() rrgroup.Settings {
	return rrgroup.Settings{Linger: c.SubConnLinger, Handover: c.HandoverTimeout}
}

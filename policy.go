package grpclb

import (
	"context"
	"time"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/lbstream"
	"github.com/actorlb/grpclb/pending"
	"github.com/actorlb/grpclb/rrgroup"
)

// A policy is the actor that decides. Its fields do not change after the start; what it
// owns are the local variables of run.
type policy struct {
	name  string // the service name to ask for if the config has none
	cc    balancer.ClientConn
	inbox *actor.Inbox[message] // gRPC → policy

	stream *lbstream.Stream // policy ↔ stream
	group  *rrgroup.Group   // policy ↔ group
	queue  *pending.Queue   // policy → pending
}

// told is what the other actors were told last. They are told only what has changed.
type told struct {
	config  Config
	updates uint64        // of the resolver
	plan    *rrgroup.Plan // nil: no plan yet, so gRPC has been given no state either (state.first-word)
}

// run is the goroutine that owns the mode machine.
func (p *policy) run(ctx context.Context, defaults Config) {
	m := newMachine(defaults)
	last := told{config: defaults}
	var diary diary
	timer := actor.NewTimer()
	defer p.end(timer)

	for {
		timer.Set(m.deadline())
		select {
		case <-ctx.Done():
			return
		case <-timer.Ready():
			timer.Rang()
		case batch := <-p.inbox.Ready():
			p.hear(m, &last, p.inbox.Open(batch))
		case status := <-p.stream.Status():
			m.contacted(status)
		case aggregate := <-p.group.Aggregate():
			m.aggregated(aggregate)
		}
		m.check(time.Now())
		p.tell(m, &last)
		for _, r := range m.takeRemarks() {
			if line, due := diary.line(r, time.Now()); due {
				r.about.log(line)
			}
		}
	}
}

// hear takes messages of gRPC. After each update of the resolver the stream and the group
// are told, before the next update is looked at. Otherwise one of them could miss an update that
// the other one knows.
func (p *policy) hear(m *machine, last *told, batch []message) {
	for _, msg := range batch {
		p.handle(m, msg)
		m.check(time.Now())
		p.tell(m, last)
	}
}

func (p *policy) handle(m *machine, msg message) {
	switch msg := msg.(type) {
	case resolved:
		m.update(msg, time.Now())
	case resolverFailed:
		m.resolverFailed(msg.err)
	case exitIdle:
		p.stream.Reset()
	default:
		panic("BUG: unknown message to the policy")
	}
}

// tell tells the other actors what has changed.
func (p *policy) tell(m *machine, last *told) {
	if m.config != last.config {
		p.configure(m.config)
		last.config = m.config
	}
	if m.updates != last.updates {
		last.updates = m.updates
		p.stream.Serve(lbstream.Target{Name: m.config.serviceName(p.name), Balancers: m.balancers})
	}
	if m.plan != last.plan {
		p.group.Adopt(m.plan)
		last.plan = m.plan
	}
	if m.askAgain() {
		p.stream.AskAgain()
	}
	if m.reresolve() {
		p.cc.ResolveNow(resolver.ResolveNowOptions{})
	}
}

func (p *policy) configure(c Config) {
	p.stream.SetBackoff(c.StreamBackoff)
	p.stream.Configure(c.streamSettings())
	p.group.Configure(c.settings())
	p.queue.SetLimit(c.MaxPendingPicks)
}

// serviceName returns the name to ask the balancer for. endpoint is what the user
// dialled.
func (c Config) serviceName(endpoint string) string {
	if c.ServiceName != "" {
		return c.ServiceName
	}
	return endpoint
}

// end stops the timer and closes the inbox. Messages that are left are dropped.
func (p *policy) end(timer *actor.Timer) {
	timer.Stop()
	p.inbox.Close()
}

func (c Config) streamSettings() lbstream.Settings {
	return lbstream.Settings{Timeout: c.BalancerTimeout, Keepalive: c.BalancerKeepalive}
}

func (c Config) settings() rrgroup.Settings {
	return rrgroup.Settings{Linger: c.SubConnLinger, Handover: c.HandoverTimeout}
}

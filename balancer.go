package grpclb

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/grpclog"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/internal/diary"
	"github.com/actorlb/grpclb/internal/registry"
	"github.com/actorlb/grpclb/lbstream"
	"github.com/actorlb/grpclb/pending"
	"github.com/actorlb/grpclb/rrgroup"
)

// Name is the name that the policy is registered under.
const Name = "grpclb"

var logger = grpclog.Component(Name)

func init() { balancer.Register(NewBuilder()) }

// A Builder makes a policy for each channel that names it in its service config. It is a
// balancer.Builder and a balancer.ConfigParser. Its policies share nothing that changes.
type Builder struct {
	name     string
	defaults Config
	refused  error             // what is wrong with the defaults that it was given, or nil
	dial     []grpc.DialOption // for the channels to balancers
}

// Name returns the name to use in a service config.
func (b *Builder) Name() string { return b.name }

// Build starts a policy for the channel cc. gRPC calls it.
func (b *Builder) Build(cc balancer.ClientConn, o balancer.BuildOptions) balancer.Balancer {
	log := diary.For(o.Target, o.ChannelzParent)
	actors := actor.NewGroup()
	queue := pending.Start(actors, parented(cc))
	queue.SetLimit(b.defaults.MaxPendingPicks)
	p := &policy{cc: cc, inbox: actor.NewInbox[message](), queue: queue, about: b.about(o), diary: diary.New(log)}
	p.group = rrgroup.Start(actors, rrgroup.Options{
		Parent:       cc,
		Parented:     parented(cc),
		Build:        o,
		BackendCreds: backendCreds(log, o),
		Gate:         queue.Gate(),
		Queue:        queue,
		Door:         p,
		Settings:     b.defaults.settings(),
		Log:          log,
	})
	p.stream = lbstream.Start(actors, lbstream.Options{
		Authority:   o.Authority,
		Direct:      o.Dialer != nil,
		DialOptions: b.balancerDialOptions(log, o),
		Backoff:     b.defaults.StreamBackoff,
		Settings:    b.defaults.streamSettings(),
		Counter:     p.group,
		Log:         log,
	})
	m := newMachine(o.Target.Endpoint(), b.defaults)
	actors.Go(func(ctx context.Context) { p.run(ctx, m) })
	meter := startMeter(actors, cc.MetricsRecorder(), p)
	registry.Live.Join(p)
	return &handle{cc: cc, first: p.group.First(), actors: actors, policy: p, inbox: p.inbox, meter: meter, defaults: withChild(b.defaults), refused: b.refused, name: m.name}
}

// A handle is what gRPC has of a policy. It gives gRPC a first state and posts messages to
// the policy. So no call of gRPC waits for an actor, except Close, which waits for all of
// them to end.
type handle struct {
	// Fixed after Build.
	cc       balancer.ClientConn
	first    balancer.State
	actors   *actor.Group
	policy   *policy               // as the registry knows it
	inbox    *actor.Inbox[message] // handle → policy
	meter    *meter                // nil: nothing is recorded
	defaults *parsedConfig
	refused  error // why every update is refused, or nil
	name     string

	// Owned by gRPC, which makes one call at a time.
	spoken bool // gRPC has a first state
}

// speak gives gRPC a first state, when gRPC first tells of the resolver. A parent policy may
// not accept a state before that, and may need one after that: endpointsharding makes a
// picker of the states that its children have by then.
func (h *handle) speak() {
	if !h.spoken {
		h.spoken = true
		h.cc.UpdateState(h.first)
	}
}

// errNothingResolved is why an update with neither backends nor balancers is refused.
var errNothingResolved = errors.New("the resolver found neither balancers nor backends")

// UpdateClientConnState passes on what the resolver found, and the configuration. An update
// without addresses is refused with balancer.ErrBadResolverState. An update is also refused,
// with the reason, if its service name is invalid, its child policy is unknown, or the
// builder's defaults are invalid. Nothing of a refused update is applied.
func (h *handle) UpdateClientConnState(s balancer.ClientConnState) error {
	h.speak()
	c := h.configOf(s)
	u := &resolved{
		config:    c.Config,
		unknown:   c.unknown,
		child:     c.child,
		balancers: balancersOf(s.ResolverState),
		backends:  backendsOf(s.ResolverState),
	}
	if len(u.balancers) == 0 && len(u.backends) == 0 {
		h.ResolverError(errNothingResolved)
		return balancer.ErrBadResolverState
	}
	if err := h.check(c); err != nil {
		h.inbox.Send(resolverFailed{fmt.Errorf("the configuration is refused: %w", err)})
		return err
	}
	h.inbox.Send(u)
	return nil
}

// check returns what is wrong with a config. ParseConfig does not find everything: the service
// name may come from the target, and the builder's defaults don't pass through it.
func (h *handle) check(c *parsedConfig) error {
	switch err := checkName(c.serviceName(h.name)); {
	case h.refused != nil:
		return h.refused
	case err != nil:
		return fmt.Errorf("grpclb: a balancer can't be asked for this service: the name has %w", err)
	case c.childErr != nil:
		return fmt.Errorf("grpclb: %w", c.childErr)
	}
	return nil
}

// checkName checks the service name for the initial request. It may come from the target,
// a service config or WithDefaults.
func checkName(name string) error {
	switch {
	case len(name) > maxNameLength:
		return fmt.Errorf("%d bytes, more than the %d that a service name may have", len(name), maxNameLength)
	case !utf8.ValidString(name):
		return fmt.Errorf("bytes that are not UTF-8: %q", name)
	}
	return nil
}

// configOf returns the config of an update. An update without one means the
// defaults.
func (h *handle) configOf(s balancer.ClientConnState) *parsedConfig {
	if c, ok := s.BalancerConfig.(*parsedConfig); ok {
		return c
	}
	return h.defaults
}

// ResolverError tells the policy that the resolver found nothing.
func (h *handle) ResolverError(err error) {
	h.speak()
	h.inbox.Send(resolverFailed{fmt.Errorf("the resolver failed: %w", err)})
}

// UpdateSubConnState does nothing: our SubConns have listeners, so gRPC does not call it.
func (h *handle) UpdateSubConnState(balancer.SubConn, balancer.SubConnState) {}

// ExitIdle ends a wait before the next stream to a balancer.
func (h *handle) ExitIdle() { h.inbox.Send(exitIdle{}) }

// Close ends the policy. When it returns, its goroutines, timers, SubConns and its stream to
// the balancer are gone. Calls in flight may finish. Close does not wait for the network:
// gRPC takes up to 5 s more to close the connection to the balancer if that is
// stalled.
func (h *handle) Close() {
	registry.Live.Leave(h.policy)
	h.meter.finish()
	h.actors.Stop()
}

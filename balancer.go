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
	"github.com/actorlb/grpclb/lbstream"
	"github.com/actorlb/grpclb/pending"
	"github.com/actorlb/grpclb/rrgroup"
)

// Name is the name under which the policy registers itself.
const Name = "grpclb"

var logger = grpclog.Component(Name)

func init() { balancer.Register(NewBuilder()) }

// A Builder makes a policy for each channel that asks for it by name. It is a
// balancer.Builder and a balancer.ConfigParser. It holds no state that its
// policies share.
type Builder struct {
	name     string
	defaults Config
	refused  error             // why the defaults that it was given are no good, or nil
	dial     []grpc.DialOption // for the channel to the balancer
}

// Name returns the name to use in a service config.
func (b *Builder) Name() string { return b.name }

// Build starts a policy for the channel cc. gRPC calls it.
func (b *Builder) Build(cc balancer.ClientConn, o balancer.BuildOptions) balancer.Balancer {
	actors := actor.NewGroup()
	queue := pending.Start(actors)
	queue.SetLimit(b.defaults.MaxPendingPicks)
	group := rrgroup.Start(actors, rrgroup.Options{
		Parent:       cc,
		Parented:     parented(cc),
		Build:        o,
		BackendCreds: backendCreds(o),
		Gate:         queue.Gate(),
		Queue:        queue,
		Settings:     b.defaults.settings(),
	})
	p := &policy{
		name:  o.Target.Endpoint(),
		cc:    cc,
		inbox: actor.NewInbox[message](),
		queue: queue,
		group: group,
		stream: lbstream.Start(actors, lbstream.Options{
			Authority:   o.Authority,
			Direct:      o.Dialer != nil,
			DialOptions: b.balancerDialOptions(o),
			Backoff:     b.defaults.StreamBackoff,
			Settings:    b.defaults.streamSettings(),
			Counter:     group,
		}),
	}
	actors.Go(func(ctx context.Context) { p.run(ctx, b.defaults) })
	return &handle{cc: cc, first: group.First(), actors: actors, inbox: p.inbox, defaults: withChild(b.defaults), refused: b.refused, name: p.name}
}

// A handle is what gRPC holds of a policy. It gives gRPC its first state, posts
// messages, and does nothing else, so no call of gRPC ever waits for an actor,
// except Close, which waits for all of them to end.
type handle struct {
	// Fixed after Build.
	cc       balancer.ClientConn
	first    balancer.State
	actors   *actor.Group
	inbox    *actor.Inbox[message] // handle → policy
	defaults *parsedConfig
	refused  error // why no update is taken, or nil
	name     string

	// Owned by gRPC, which makes one call at a time.
	spoken bool // gRPC has a state
}

// speak gives gRPC its first state, in its first call that is about the resolver.
// A parent policy may not be ready for one before, and may count on one after it:
// endpointsharding makes a picker of those that its children have given by then.
func (h *handle) speak() {
	if !h.spoken {
		h.spoken = true
		h.cc.UpdateState(h.first)
	}
}

// errNothingResolved is why an update is refused that has addresses of no kind.
var errNothingResolved = errors.New("the resolver found neither balancers nor backends")

// UpdateClientConnState takes over what the resolver found and how the policy
// is configured. An update with no addresses is refused with
// balancer.ErrBadResolverState. One whose service name is invalid, whose child policy
// is unknown, or whose builder's defaults were refused, is refused with the reason.
// Nothing of a refused update is applied.
func (h *handle) UpdateClientConnState(s balancer.ClientConnState) error {
	h.speak()
	c := h.configOf(s)
	u := resolved{
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

// check finds what is wrong with a config that ParseConfig accepts, or has not seen.
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

// checkName says what is wrong with a name that is to go into the initial
// request. It may come from the user's target, a service config or WithDefaults.
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

// ResolverError takes over that the resolver found nothing.
func (h *handle) ResolverError(err error) {
	h.speak()
	h.inbox.Send(resolverFailed{fmt.Errorf("the resolver failed: %w", err)})
}

// UpdateSubConnState is how gRPC reported on SubConns once. Ours have
// listeners, so it has nothing to say.
func (h *handle) UpdateSubConnState(balancer.SubConn, balancer.SubConnState) {}

// ExitIdle has a balancer that is waited for called now.
func (h *handle) ExitIdle() { h.inbox.Send(exitIdle{}) }

// Close ends the policy. When it returns all its goroutines have ended, and
// its timers, its call to the balancer and its SubConns are gone. Calls that
// are in flight may finish. It does not wait for the network: gRPC closes the
// connection to the balancer, which takes it up to 5 s more if that is stalled.
func (h *handle) Close() { h.actors.Stop() }

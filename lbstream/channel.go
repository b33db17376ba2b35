package lbstream

import (
	"context"
	"net/url"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
)

// balanceLoad is the call, as gRPC hands it out.
type balanceLoad = lbpb.LoadBalancer_BalanceLoadClient

// scheme and label name the channel. Nothing is resolved by them.
const (
	scheme = "grpclb-balancers"
	label  = "balancers"
)

// channel is the gRPC channel to the balancer's addresses. If it could not be
// made, which takes impossible options, it is one over which every call fails.
type channel struct {
	conn     *grpc.ClientConn // nil if it could not be made
	failure  error            // why it could not
	resolver builder
}

// builder feeds the channel its addresses. It also has the say on the
// authority, because a made-up target must not become a name that a balancer
// is authenticated by. The ServerName of an address still comes first.
type builder struct {
	*manual.Resolver
	authority string
}

// OverrideAuthority implements [resolver.AuthorityOverrider].
func (b builder) OverrideAuthority(resolver.Target) string { return b.authority }

// newChannel makes a channel that connects at its first call. The options of
// the caller come last, so that they win. All addresses have the same route.
func newChannel(opts Options, k Keepalive, addresses []resolver.Address) *channel {
	r := builder{manual.NewBuilderWithScheme(scheme), opts.Authority}
	r.InitialState(stateOf(addresses))
	target := url.URL{Scheme: scheme, Path: "/" + label}
	way := grpc.WithNoProxy() // it was found out that there is none
	if by := opts.routeOf(addresses[0]); by != "" {
		r.authority = string(by)
		target.Path = "/" + dialled(r.authority, addresses[0])
		way = grpc.EmptyDialOption{}
	}
	dial := append([]grpc.DialOption{
		grpc.WithResolvers(r),
		way,
		grpc.WithDefaultServiceConfig(`{"loadBalancingConfig":[{"pick_first":{}}]}`),
		grpc.WithDisableServiceConfig(),
		// Idle, a channel forgets its addresses; this one is closed instead.
		grpc.WithIdleTimeout(0),
		grpc.WithKeepaliveParams(k.params()),
	}, opts.DialOptions...)
	conn, err := grpc.NewClient(target.String(), dial...)
	return &channel{conn: conn, failure: err, resolver: r}
}

// use replaces the addresses. A connection that is not among them any more
// stays for as long as its call.
func (c *channel) use(addresses []resolver.Address) {
	c.resolver.UpdateState(stateOf(addresses))
}

// open begins a call. It blocks while the channel connects, and fails when no
// address could be connected to, whatever the options of the caller say about
// waiting: the error is what the policy falls back upon.
func (c *channel) open(ctx context.Context) (balanceLoad, error) {
	if c.conn == nil {
		return nil, c.failure
	}
	return lbpb.NewLoadBalancerClient(c.conn).BalanceLoad(ctx, grpc.WaitForReady(false))
}

// usable reports whether the channel is connected, or will be as soon as it is
// called upon. In the other states it is connecting or waiting to connect
// again at times of its own. Connecting counts because gRPC fails the call a
// moment before it changes the state to TRANSIENT_FAILURE.
func (c *channel) usable() bool {
	if c.conn == nil {
		return false
	}
	state := c.conn.GetState()
	return state == connectivity.Ready || state == connectivity.Idle
}

// close closes the channel. gRPC says goodbye to the balancer first and gives
// it 5 s to take that in, so a stalled connection holds up who calls this.
func (c *channel) close() {
	if c.conn != nil {
		_ = c.conn.Close() // which fails only when done twice
	}
}

func stateOf(addresses []resolver.Address) resolver.State {
	endpoints := make([]resolver.Endpoint, len(addresses))
	for i, a := range addresses {
		endpoints[i].Addresses = []resolver.Address{a}
	}
	return resolver.State{Endpoints: endpoints}
}

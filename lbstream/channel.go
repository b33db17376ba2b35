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

// balanceLoad is gRPC's own stream.
type balanceLoad = lbpb.LoadBalancer_BalanceLoadClient

// scheme and label are the target of the channel. They are not looked up.
const (
	scheme = "grpclb-balancers"
	label  = "balancers"
)

// channel is the gRPC channel to the balancers. If gRPC refuses its options, conn is nil
// and each stream fails with the reason.
type channel struct {
	conn     *grpc.ClientConn // nil if gRPC refused to make it
	failure  error            // why gRPC refused
	resolver builder
}

// builder gives the channel its addresses and its authority. Otherwise gRPC would
// authenticate balancers by the made-up target. The ServerName of an address has
// precedence over the authority.
type builder struct {
	*manual.Resolver
	authority string
}

// OverrideAuthority implements [resolver.AuthorityOverrider].
func (b builder) OverrideAuthority(resolver.Target) string { return b.authority }

// newChannel makes a channel that connects for its first stream. All addresses have one
// route. The caller's options come last, so they have precedence.
func newChannel(opts *Options, k Keepalive, addresses []resolver.Address) *channel {
	r := builder{manual.NewBuilderWithScheme(scheme), opts.Authority}
	r.InitialState(stateOf(addresses))
	target := url.URL{Scheme: scheme, Path: "/" + label}
	way := grpc.WithNoProxy() // routeOf has found that no proxy is used
	if by := opts.routeOf(addresses[0]); by != "" {
		r.authority = string(by)
		target.Path = "/" + dialled(r.authority, addresses[0])
		way = grpc.EmptyDialOption{}
	}
	dial := append([]grpc.DialOption{
		grpc.WithResolvers(r),
		way,
		grpc.WithDisableServiceConfig(), // so gRPC uses pick_first
		// An idle channel would forget its addresses. The owner closes it instead.
		grpc.WithIdleTimeout(0),
		grpc.WithKeepaliveParams(k.params()),
		grpc.WithStatsHandler(lengths{}),
	}, opts.DialOptions...)
	conn, err := grpc.NewClient(target.String(), dial...)
	return &channel{conn: conn, failure: err, resolver: r}
}

// use replaces the addresses. A connection to an address that is not among them stays
// until its stream ends.
func (c *channel) use(addresses []resolver.Address) {
	c.resolver.UpdateState(stateOf(addresses))
}

// open opens a stream. It waits while the channel connects, and fails if no address could
// be connected to, even if the caller's options say wait-for-ready: the policy needs the
// error to fall back.
func (c *channel) open(ctx context.Context) (balanceLoad, error) {
	if c.conn == nil {
		return nil, c.failure
	}
	return lbpb.NewLoadBalancerClient(c.conn).BalanceLoad(ctx, grpc.WaitForReady(false))
}

// usable reports whether the channel can carry the next stream at once: it is connected,
// or will connect when asked. CONNECTING does not count: gRPC fails the stream a moment
// before it changes that state to TRANSIENT_FAILURE.
func (c *channel) usable() bool {
	if c.conn == nil {
		return false
	}
	state := c.conn.GetState()
	return state == connectivity.Ready || state == connectivity.Idle
}

// close closes the channel. gRPC sends a GOAWAY first and waits up to 5 s for that, if the
// connection is stalled.
func (c *channel) close() {
	if c.conn != nil {
		_ = c.conn.Close() // fails only if it is closed already
	}
}

func stateOf(addresses []resolver.Address) resolver.State {
	endpoints := make([]resolver.Endpoint, len(addresses))
	for i, a := range addresses {
		endpoints[i].Addresses = []resolver.Address{a}
	}
	return resolver.State{Endpoints: endpoints}
}

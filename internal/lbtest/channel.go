package lbtest

import (
	"context"
	"fmt"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer/grpclb/state"
	"google.golang.org/grpc/credentials/insecure"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/serviceconfig"
)

// Service is what channels dial: their target's endpoint, and so the name
// that balancers are told unless the policy's config has another.
const Service = "service.test"

// A Channel is a grpc.ClientConn whose policy is "grpclb" and whose resolver
// says what the test tells it to.
type Channel struct {
	CC       *grpc.ClientConn
	t        testing.TB
	resolver *scripted
	config   shared[*serviceconfig.ParseResult] // nil: the dial options' one
}

// NewChannel makes a channel over network and closes it when the test ends.
// It is out of idle mode already, and waits for the first Resolve.
// policyConfigJSON is the configuration of the policy, {} if empty. The
// options come after the channel's own and so override them, the default
// service config and the insecure credentials included.
func NewChannel(t testing.TB, network Network, policyConfigJSON string, options ...grpc.DialOption) *Channel {
	t.Helper()
	r := newScripted()
	cc, err := grpc.NewClient(r.Scheme()+":///"+Service, append([]grpc.DialOption{
		grpc.WithResolvers(r),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(network.Dial),
		grpc.WithDefaultServiceConfig(serviceConfig(policyConfigJSON)),
	}, options...)...)
	if err != nil {
		t.Fatalf("making a channel: %v", err)
	}
	c := &Channel{CC: cc, t: t, resolver: r, config: share[*serviceconfig.ParseResult](nil)}
	t.Cleanup(c.Close)
	cc.Connect()
	return c
}

// serviceConfig wraps the configuration of the policy in a channel's.
func serviceConfig(policyConfigJSON string) string {
	if policyConfigJSON == "" {
		policyConfigJSON = "{}"
	}
	return fmt.Sprintf(`{"loadBalancingConfig":[{"grpclb":%s}]}`, policyConfigJSON)
}

// Close closes the channel, which the test's end would do otherwise.
func (c *Channel) Close() {
	// An error means that it is closed already.
	_ = c.CC.Close()
}

// Resolve tells the policy of these balancers and these fallback addresses,
// and returns what it said to that: without addresses of any kind, an error.
func (c *Channel) Resolve(balancers []resolver.Address, fallback ...string) error {
	var s resolver.State
	for _, addr := range fallback {
		s.Addresses = append(s.Addresses, resolver.Address{Addr: addr})
	}
	if len(balancers) > 0 {
		s = state.Set(s, &state.State{BalancerAddresses: balancers})
	}
	return c.Push(s)
}

// Push is Resolve for what only a test of resolvers would say. The config of
// the last Configure is added to a state that has none.
func (c *Channel) Push(s resolver.State) error {
	if s.ServiceConfig == nil {
		c.config.view(func(r **serviceconfig.ParseResult) { s.ServiceConfig = *r })
	}
	return c.resolver.push(s)
}

// Configure changes the configuration of the policy, from the next Resolve
// on. It returns what is wrong with it; the next Resolve then carries the
// mistake, as a resolver's answer would.
func (c *Channel) Configure(policyConfigJSON string) error {
	return c.ConfigureService(serviceConfig(policyConfigJSON))
}

// ConfigureService is Configure for a whole service config, of any policy.
func (c *Channel) ConfigureService(serviceConfigJSON string) error {
	parsed := c.resolver.parse(serviceConfigJSON)
	c.config.update(func(r **serviceconfig.ParseResult) { *r = parsed })
	return parsed.Err
}

// ResolverError tells the policy that resolving failed.
func (c *Channel) ResolverError(err error) { c.resolver.fail(err) }

// Reresolved returns how often the channel has asked to resolve again.
func (c *Channel) Reresolved() int { return int(c.resolver.asked.Load()) }

// Unary makes a call and returns the answer of the backend that got it.
func (c *Channel) Unary(ctx context.Context, options ...grpc.CallOption) (Answer, error) {
	response, err := testpb.NewTestServiceClient(c.CC).UnaryCall(ctx, &testpb.SimpleRequest{}, options...)
	if err != nil {
		return Answer{}, err
	}
	return decode(response.GetPayload())
}

// Converse opens a streaming call, which ctx ends.
func (c *Channel) Converse(ctx context.Context, options ...grpc.CallOption) (*Conversation, error) {
	stream, err := testpb.NewTestServiceClient(c.CC).FullDuplexCall(ctx, options...)
	if err != nil {
		return nil, err
	}
	return &Conversation{stream}, nil
}

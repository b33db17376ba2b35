package main

import (
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	gbalancer "google.golang.org/grpc/balancer"
	"google.golang.org/grpc/balancer/grpclb/state"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"

	"github.com/actorlb/grpclb"
)

const (
	scheme  = "chaos"
	service = "chaos.example.com" // what is dialled, and so what balancers are asked for

	// keepaliveTime is how long a connection may be silent before it is pinged;
	// grpc-go's clients can't do it sooner. keepaliveTimeout is how long the
	// answer may take. A black hole is found out after both.
	keepaliveTime    = 10 * time.Second
	keepaliveTimeout = 2 * time.Second

	// connectTimeout is for one attempt to connect, the server's settings included.
	// A fleet would do with one second. Here no promise hangs on it, since the end
	// of a black hole ends the attempts that are in it; and a machine that stands
	// still for a second must not look like a server that does.
	connectTimeout = 5 * time.Second

	// reportInterval is what the balancers ask for: the policy's shortest.
	reportInterval = 100 * time.Millisecond
)

// config is the policy's. The figures are those of a fleet that wants to be back
// in two seconds: balancers are called again after 0.1 to 0.5 s, where the
// default grows to 120 s. Connections linger so short that in lists that change
// all the time they are closed and made anew.
const config = `{"loadBalancingConfig": [{"` + policyName + `": {
	"streamBackoff": {"initialDelay": "0.1s", "multiplier": 1.6, "jitter": 0.2, "maxDelay": "0.4s"},
	"subConnLinger": "0.2s"
}}]}`

// policyName is that of the policy with the options that follow.
const policyName = "grpclb_chaos"

var (
	keepalives = grpc.WithKeepaliveParams(keepalive.ClientParameters{
		Time: keepaliveTime, Timeout: keepaliveTimeout, PermitWithoutStream: true,
	})

	// reconnects are for both channels, the user's and the policy's to the
	// balancer: a server that comes back is tried after 0.5 s at most, where
	// gRPC's default is 1 s growing to 120 s, and an attempt that nobody answers
	// is given up after 5 s, not 20.
	reconnects = grpc.WithConnectParams(grpc.ConnectParams{
		Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 400 * time.Millisecond},
		MinConnectTimeout: connectTimeout,
	})
)

func init() {
	gbalancer.Register(grpclb.NewBuilder(
		grpclb.WithName(policyName),
		grpclb.WithBalancerDialOptions(keepalives, reconnects),
	))
}

// A client is the channel under test and its resolver.
type client struct {
	conn     *grpc.ClientConn
	resolver *manual.Resolver
}

// dial makes the channel, whose resolver finds these. It does not connect yet.
func dial(balancers, fallbacks []string, b *books) (*client, error) {
	c := &client{resolver: manual.NewBuilderWithScheme(scheme)}
	c.resolver.InitialState(stateOf(balancers, fallbacks))
	var err error
	c.conn, err = grpc.NewClient(scheme+":///"+service,
		grpc.WithResolvers(c.resolver),
		grpc.WithDefaultServiceConfig(config),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithIdleTimeout(0),
		grpc.WithStatsHandler(b),
		keepalives, reconnects,
	)
	return c, err
}

// resolve has the resolver find these.
func (c *client) resolve(balancers, fallbacks []string) {
	c.resolver.UpdateState(stateOf(balancers, fallbacks))
}

func stateOf(balancers, fallbacks []string) resolver.State {
	return state.Set(resolver.State{Addresses: addresses(fallbacks)},
		&state.State{BalancerAddresses: addresses(balancers)})
}

func addresses(of []string) (all []resolver.Address) {
	for _, a := range of {
		all = append(all, resolver.Address{Addr: a})
	}
	return all
}

package main

import (
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/balancer/grpclb/state"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"

	_ "github.com/actorlb/grpclb" // the policy "grpclb"
)

// config asks for the policy. The times are shorter than its defaults of 10 s
// for the first list and 1 to 120 s between calls to a balancer that is down,
// so that the quickstart is quick.
const config = `{"loadBalancingConfig": [{"grpclb": {
	"initialFallbackTimeout": "5s",
	"streamBackoff": {"initialDelay": "0.1s", "maxDelay": "0.5s"}
}}]}`

// dial makes the channel. Its resolver names the balancer and the servers to
// fall back to; one of one's own does the same with state.Set. The policy asks
// it to look again when it has lost the balancer, and lost yields that.
func dial(c *cluster) (cc *grpc.ClientConn, lost <-chan struct{}, err error) {
	found := resolver.State{}
	for _, b := range c.backends[lastListed+1:] {
		found.Addresses = append(found.Addresses, resolver.Address{Addr: b.addr})
	}
	found = state.Set(found, &state.State{
		BalancerAddresses: []resolver.Address{{Addr: c.balancer.addr}},
	})

	asked := make(chan struct{}, 1)
	r := manual.NewBuilderWithScheme("quickstart")
	r.InitialState(found)
	r.ResolveNowCallback = func(resolver.ResolveNowOptions) {
		select {
		case asked <- struct{}{}:
		default: // once is enough
		}
	}

	cc, err = grpc.NewClient("quickstart:///"+service,
		grpc.WithResolvers(r),
		grpc.WithDefaultServiceConfig(config),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithConnectParams(grpc.ConnectParams{
			// For backends that come back; the defaults begin at 1 s.
			Backoff:           backoff.Config{BaseDelay: 50 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 200 * time.Millisecond},
			MinConnectTimeout: time.Second,
		}),
	)
	return cc, asked, err
}

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

// config selects the policy. The times are shorter than the defaults (10 s for the first list, 1
// to 120 s between streams to a balancer that is down), so that the quickstart is quick.
const config = `{"loadBalancingConfig": [{"grpclb": {
	"initialFallbackTimeout": "5s",
	"streamBackoff": {"initialDelay": "0.1s", "maxDelay": "0.5s"}
}}]}`

// dial makes the channel. Its resolver names the balancer and the fallback servers, by state.Set.
// When the policy has lost the balancer, it asks the resolver to look again; then lost yields a
// value.
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
		default: // one is enough
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

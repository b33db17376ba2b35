// Leaderfollower routes calls by their method: writes go to the leader, reads go round the
// followers. The balancer tells who leads, in the LB tokens of its list, and changes that while
// calls are made.
//
// The policy is in policy.go. It is made with grpc-go's package base, like any policy, and named
// as the childPolicy of grpclb, which adds fallback, drops, load reports and handover.
//
// A call that goes wrong ends the program with exit code 1.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer/grpclb/state"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
)

// timeLimit bounds the whole program, which takes less than a second.
const timeLimit = 20 * time.Second

// config selects grpclb, with our policy as its child.
const config = `{"loadBalancingConfig": [{"grpclb": {
	"childPolicy": [{"` + policyName + `": {}}]
}}]}`

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "leaderfollower:", err)
		os.Exit(1)
	}
}

// run takes the steps. While nobody leads, it begins a wait-for-ready write.
func run(w io.Writer) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeLimit)
	defer cancel()
	servers, err := startCluster()
	if err != nil {
		return err
	}
	defer servers.stop()
	cc, err := dial(servers.balancer.addr)
	if err != nil {
		return err
	}
	defer cc.Close()

	calls := newCaller(cc)
	for _, s := range steps {
		if err := servers.assign(s.leader, s.followers); err != nil {
			return err
		}
		row, err := calls.count(ctx, s)
		if err != nil {
			return fmt.Errorf("%s: %w", s.what, err)
		}
		fmt.Fprintf(w, "%-30s%s\n", s.what, row)
		if s.leader == nobody {
			calls.beginWaiting(ctx)
		}
	}
	if err := calls.endWaiting(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nleaderfollower: ok (%d calls counted, each where it belongs)\n", 2*counted*len(steps))
	return nil
}

// dial makes the channel. The resolver names the balancer; with package lbresolver the target
// does.
func dial(balancer string, options ...grpc.DialOption) (*grpc.ClientConn, error) {
	r := manual.NewBuilderWithScheme("leaderfollower")
	r.InitialState(state.Set(resolver.State{}, &state.State{
		BalancerAddresses: []resolver.Address{{Addr: balancer}},
	}))
	return grpc.NewClient("leaderfollower:///"+service, append([]grpc.DialOption{
		grpc.WithResolvers(r),
		grpc.WithDefaultServiceConfig(config),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
	}, options...)...)
}

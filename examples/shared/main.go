// Shared shows one channel with many users: three generated clients of services
// that have nothing to do with each other, and hundreds of calls that are open at
// the same time, over one *grpc.ClientConn. The backends count the connections
// that are made to them: one each.
//
// A *grpc.ClientConn is safe for that, and meant for it. Clients made from it are
// a pointer each. What makes connections is making channels.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer/grpclb/state"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/peer"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"

	_ "github.com/actorlb/grpclb" // the policy "grpclb"
)

const (
	// timeLimit bounds the whole program, which takes less than a second.
	timeLimit = 20 * time.Second
	// backends is how many there are.
	backends = 4
	// callsOfEach is how many calls each client has open at the same time.
	callsOfEach = 150
)

const config = `{"loadBalancingConfig": [{"grpclb": {}}]}`

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "shared:", err)
		os.Exit(1)
	}
}

// run makes the calls, all at once, and then looks at what the backends counted.
func run(w io.Writer) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeLimit)
	defer cancel()
	calls := len(clients(nil)) * callsOfEach
	servers, err := startCluster(newRush(calls))
	if err != nil {
		return err
	}
	defer servers.stop()
	cc, err := dial(servers.balancer.addr)
	if err != nil {
		return err
	}
	defer cc.Close()

	if err := settle(ctx, cc); err != nil {
		return err
	}
	if err := callAll(ctx, w, clients(cc)); err != nil {
		return err
	}
	return conclude(w, servers.meters, calls)
}

// dial makes the one channel.
func dial(balancer string) (*grpc.ClientConn, error) {
	r := manual.NewBuilderWithScheme("shared")
	r.InitialState(state.Set(resolver.State{}, &state.State{
		BalancerAddresses: []resolver.Address{{Addr: balancer}},
	}))
	return grpc.NewClient("shared:///"+service,
		grpc.WithResolvers(r),
		grpc.WithDefaultServiceConfig(config),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
}

// A client makes a call of its kind, and checks the answer.
type client struct {
	name string
	call func(context.Context) error
}

// clients returns the users of a channel.
func clients(cc *grpc.ClientConn) []client {
	shop := testpb.NewTestServiceClient(cc)
	health := healthpb.NewHealthClient(cc)
	reflection := reflectionpb.NewServerReflectionClient(cc)
	return []client{
		{"grpc.testing.TestService", func(ctx context.Context) error {
			_, err := shop.UnaryCall(ctx, &testpb.SimpleRequest{})
			return err
		}},
		{"grpc.health.v1.Health", func(ctx context.Context) error {
			answer, err := health.Check(ctx, &healthpb.HealthCheckRequest{})
			if err == nil && answer.GetStatus() != healthpb.HealthCheckResponse_SERVING {
				err = fmt.Errorf("the backend is %v", answer.GetStatus())
			}
			return err
		}},
		{"grpc.reflection.v1.ServerReflection", func(ctx context.Context) error {
			return listServices(ctx, reflection)
		}},
	}
}

// listServices asks a backend for its services, in a stream.
func listServices(ctx context.Context, c reflectionpb.ServerReflectionClient) error {
	stream, err := c.ServerReflectionInfo(ctx)
	if err != nil {
		return err
	}
	if err := stream.Send(&reflectionpb.ServerReflectionRequest{
		MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{},
	}); err != nil {
		return err
	}
	answer, err := stream.Recv()
	if err != nil {
		return err
	}
	if n := len(answer.GetListServicesResponse().GetService()); n < 3 {
		return fmt.Errorf("the backend knows of %d services", n)
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("the stream does not end: %v", err)
	}
	return nil
}

// settle makes calls until each backend has answered one. Before that, calls go
// to those that are connected, and there would be nothing to compare.
func settle(ctx context.Context, cc *grpc.ClientConn) error {
	for seen := map[string]bool{}; len(seen) < backends; {
		var by peer.Peer
		if _, err := testpb.NewTestServiceClient(cc).EmptyCall(ctx, &testpb.Empty{}, grpc.Peer(&by)); err != nil {
			return fmt.Errorf("not all backends are connected: %w", err)
		}
		seen[by.Addr.String()] = true
	}
	return nil
}

// callAll has each client make its calls, every one in a goroutine of its own.
func callAll(ctx context.Context, w io.Writer, all []client) error {
	results := make(chan error, len(all)*callsOfEach)
	for _, c := range all {
		fmt.Fprintf(w, "%d calls of %s\n", callsOfEach, c.name)
		for range callsOfEach {
			go func() { results <- c.call(ctx) }()
		}
	}
	for range cap(results) {
		if err := <-results; err != nil {
			return fmt.Errorf("a call failed: %w", err)
		}
	}
	return nil
}

// conclude compares what the backends counted with what there has to be: a
// connection each, and of the calls as many as each is listed.
func conclude(w io.Writer, meters []*meter, calls int) error {
	for i, m := range meters {
		share := calls / (backends + 1)
		if i == 0 {
			share *= 2 // it is listed twice
		}
		fmt.Fprintf(w, "backend %d: %3d calls, connections: %d\n", i+1, m.calls.Load(), m.conns.Load())
		if m.conns.Load() != 1 || m.calls.Load() != int64(share) {
			return fmt.Errorf("backend %d should have had %d calls over one connection", i+1, share)
		}
	}
	fmt.Fprintf(w, "\nshared: ok (%d calls open at once, by %d clients over %d connections)\n",
		calls, len(clients(nil)), backends)
	return nil
}

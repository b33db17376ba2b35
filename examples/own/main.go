// Own is the smallest whole: a backend, a balancer and a client, which are three programs in one
// file.
//
//	go run ./examples/own backend 127.0.0.1:50051
//	go run ./examples/own backend 127.0.0.1:50052
//	go run ./examples/own balancer 127.0.0.1:8080 127.0.0.1:50051 127.0.0.1:50052
//	go run ./examples/own client 127.0.0.1:8080
//
// Copy the file into a module of your own and change it there. Without arguments all three run in
// one process.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"os/signal"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/peer"

	_ "github.com/actorlb/grpclb/lbresolver" // the scheme "grpclb", and the policy
	"github.com/actorlb/grpclb/lbserver"
)

// service is the name that clients dial, and that the balancer has a list for.
const service = "greeter.example.com:443"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "own:", err)
		os.Exit(1)
	}
}

var errUsage = errors.New("want: backend ADDRESS | balancer ADDRESS BACKEND... | client BALANCER")

// run runs the program that the arguments name.
func run(ctx context.Context, args []string, w io.Writer) error {
	switch {
	case len(args) == 0:
		return together(ctx, w)
	case args[0] == "backend" && len(args) == 2:
		return listen(ctx, w, "backend", args[1], backend)
	case args[0] == "balancer" && len(args) > 2:
		b, err := balancer(args[2:])
		if err != nil {
			return err
		}
		defer b.Close()
		return listen(ctx, w, "balancer", args[1], b.Register, lbserver.KeepaliveEnforcement())
	case args[0] == "client" && len(args) == 2:
		return client(ctx, w, args[1])
	}
	return errUsage
}

// A greeter is the service: it answers with the address at which it was reached.
type greeter struct {
	testpb.UnimplementedTestServiceServer
}

func (greeter) UnaryCall(ctx context.Context, _ *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
	p, _ := peer.FromContext(ctx) // every call over a connection has one
	return &testpb.SimpleResponse{ServerId: p.LocalAddr.String()}, nil
}

// backend registers the service with a gRPC server. Backends need to know nothing of a balancer.
func backend(s grpc.ServiceRegistrar) { testpb.RegisterTestServiceServer(s, greeter{}) }

// balancer makes a balancer with a list for the service. SetServers may be called again at any
// time, and clients get the new list at once.
func balancer(backends []string) (*lbserver.Balancer, error) {
	b := lbserver.New(lbserver.Options{})
	var servers []lbserver.Server
	for _, address := range backends {
		servers = append(servers, lbserver.Server{Address: address})
	}
	if err := b.SetServers(service, servers); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// listen serves at an address until ctx is done. With port 0 the system chooses a free port.
func listen(ctx context.Context, w io.Writer, role, address string, register func(grpc.ServiceRegistrar), options ...grpc.ServerOption) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s listens on %s\n", role, l.Addr())
	return serve(ctx, l, register, options...)
}

// serve runs a gRPC server until ctx is done.
func serve(ctx context.Context, l net.Listener, register func(grpc.ServiceRegistrar), options ...grpc.ServerOption) error {
	s := grpc.NewServer(options...)
	register(s)
	defer context.AfterFunc(ctx, s.Stop)()
	if err := s.Serve(l); !errors.Is(err, grpc.ErrServerStopped) {
		return err
	}
	return nil // ctx was done before it began
}

// dial makes a channel that asks the balancer at this address. With SRV records
// the target is "grpclb:///" + service, and has the addresses of the service's own
// name to fall back to.
func dial(balancer string) (*grpc.ClientConn, error) {
	return grpc.NewClient("grpclb://"+balancer+"/"+service+"?fallback=off",
		grpc.WithTransportCredentials(insecure.NewCredentials()))
}

// client makes 30 calls in 1.5 s, and prints how many each backend answered. The calls are
// wait-for-ready, so the programs may start in any order: gRPC tries a backend that refuses a
// connection again after a second.
func client(ctx context.Context, w io.Writer, balancer string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	cc, err := dial(balancer)
	if err != nil {
		return err
	}
	defer cc.Close()

	answered := map[string]int{}
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for range 30 {
		<-ticker.C
		answer, err := testpb.NewTestServiceClient(cc).UnaryCall(ctx, &testpb.SimpleRequest{}, grpc.WaitForReady(true))
		if err != nil {
			return err
		}
		answered[answer.GetServerId()]++
	}
	for _, address := range slices.Sorted(maps.Keys(answered)) {
		fmt.Fprintf(w, "%s answered %d calls\n", address, answered[address])
	}
	return nil
}

// together runs all three in one process, at free ports.
func together(ctx context.Context, w io.Writer) (err error) {
	var at [3]net.Listener // two backends and the balancer
	for i := range at {
		if at[i], err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return err
		}
		defer at[i].Close()
		fmt.Fprintf(w, "%s listens on %s\n", []string{"backend", "backend", "balancer"}[i], at[i].Addr())
	}
	b, err := balancer([]string{at[0].Addr().String(), at[1].Addr().String()})
	if err != nil {
		return err
	}
	defer b.Close()

	ctx, stop := context.WithCancel(ctx)
	var servers errgroup.Group
	servers.Go(func() error { return serve(ctx, at[0], backend) })
	servers.Go(func() error { return serve(ctx, at[1], backend) })
	servers.Go(func() error { return serve(ctx, at[2], b.Register, lbserver.KeepaliveEnforcement()) })
	err = client(ctx, w, at[2].Addr().String())
	stop()
	if err = errors.Join(err, servers.Wait()); err == nil {
		fmt.Fprintln(w, "own: ok")
	}
	return err
}

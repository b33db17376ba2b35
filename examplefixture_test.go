package grpclb_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"time"

	"google.golang.org/grpc"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"

	"github.com/actorlb/grpclb/lbserver"
)

// call makes a call that waits for a backend, and says what came of it.
func call(cc *grpc.ClientConn) string {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	answer, err := testpb.NewTestServiceClient(cc).UnaryCall(ctx, &testpb.SimpleRequest{}, grpc.WaitForReady(true))
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("answered, with the token %q", answer.ServerId)
}

// balance starts a backend for each of the servers, and a balancer with a list of
// them for service.example.com:443. It returns the balancer's address.
func balance(servers ...lbserver.Server) (address string, stop func()) {
	return balanceClass(lbserver.Options{}, "", servers...)
}

// balanceClass is balance for the clients of a class.
func balanceClass(options lbserver.Options, class string, servers ...lbserver.Server) (address string, stop func()) {
	b := lbserver.New(options)
	var stops []func()
	for i := range servers {
		var end func()
		servers[i].Address, end = onLoopback(func(s grpc.ServiceRegistrar) { testpb.RegisterTestServiceServer(s, backend{}) })
		stops = append(stops, end)
	}
	if err := b.SetServersFor("service.example.com:443", class, servers); err != nil {
		log.Fatal(err)
	}
	address, end := onLoopback(b.Register, lbserver.KeepaliveEnforcement())
	return address, func() {
		b.Close()
		for _, stop := range append(stops, end) {
			stop()
		}
	}
}

// onLoopback starts a gRPC server on loopback.
func onLoopback(register func(grpc.ServiceRegistrar), options ...grpc.ServerOption) (address string, stop func()) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	s := grpc.NewServer(options...)
	register(s)
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	return l.Addr().String(), func() {
		s.Stop()
		if err := <-served; err != nil {
			log.Fatal(err)
		}
	}
}

// A backend answers with the LB token that a call carries.
type backend struct {
	testpb.UnimplementedTestServiceServer
}

func (backend) UnaryCall(ctx context.Context, _ *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
	carried, _ := metadata.FromIncomingContext(ctx)
	var token string
	for _, t := range carried.Get("lb-token") {
		token = t
	}
	return &testpb.SimpleResponse{ServerId: token}, nil
}

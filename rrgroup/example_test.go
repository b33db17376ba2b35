package rrgroup_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/credentials/insecure"
	testpb "google.golang.org/grpc/interop/grpc_testing"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/pending"
	"github.com/actorlb/grpclb/rrgroup"
)

// A policy made of a group and nothing else: calls take turns over the backends that the
// resolver finds. New addresses replace the old ones when the first of them is READY.
func Example() {
	address, stop := server()
	defer stop()
	balancer.Register(builder{})
	cc, err := grpc.NewClient("passthrough:///"+address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(`{"loadBalancingConfig":[{"make_before_break":{}}]}`))
	if err != nil {
		log.Fatal(err)
	}
	defer cc.Close()

	answer, err := testpb.NewTestServiceClient(cc).EmptyCall(context.Background(), &testpb.Empty{})
	fmt.Println(answer != nil, err)
	// Output: true <nil>
}

type builder struct{}

func (builder) Name() string { return "make_before_break" }

func (builder) Build(cc balancer.ClientConn, o balancer.BuildOptions) balancer.Balancer {
	actors := actor.NewGroup()
	queue := pending.Start(actors, false)
	group := rrgroup.Start(actors, rrgroup.Options{
		Parent:   cc,
		Build:    o,
		Gate:     queue.Gate(),
		Queue:    queue,
		Settings: rrgroup.Settings{Linger: 10 * time.Second, Handover: 10 * time.Second},
	})
	return policy{actors: actors, group: group}
}

type policy struct {
	balancer.Balancer // nil: what is not below is not called
	actors            *actor.Group
	group             *rrgroup.Group
}

func (p policy) UpdateClientConnState(s balancer.ClientConnState) error {
	p.group.Adopt(&rrgroup.Plan{
		Provenance: rrgroup.FromResolver,
		Endpoints:  s.ResolverState.Endpoints,
		Doing:      "using what the resolver has found",
	})
	return nil
}

func (p policy) ResolverError(error) {}
func (p policy) ExitIdle()           {}
func (p policy) Close()              { p.actors.Stop() }

// server starts a backend on loopback.
func server() (address string, stop func()) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	s := grpc.NewServer()
	testpb.RegisterTestServiceServer(s, backend{})
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	return l.Addr().String(), func() {
		s.Stop()
		if err := <-served; err != nil {
			log.Fatal(err)
		}
	}
}

type backend struct {
	testpb.UnimplementedTestServiceServer
}

func (backend) EmptyCall(context.Context, *testpb.Empty) (*testpb.Empty, error) {
	return &testpb.Empty{}, nil
}

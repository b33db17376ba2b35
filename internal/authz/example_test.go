// Package authz_test runs what docs/authorization.md shows. It is a module of its
// own, since gRPC's authz package needs modules that the others do not.
package authz_test

import (
	"context"
	"fmt"
	"log"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/authz"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/lbserver"
)

// policy says who may ask the balancer at all.
const policy = `{
	"name": "balancer",
	"allow_rules": [{
		"name": "clients of team a and team b",
		"request": {
			"paths": ["/grpc.lb.v1.LoadBalancer/BalanceLoad"],
			"headers": [{"key": "team", "values": ["a", "b"]}]
		}
	}]
}`

// owners says who may have which service.
var owners = map[string]string{"greeter": "a", "shop": "b"}

// authorize is asked about clients that the policy lets through.
func authorize(_ context.Context, c lbserver.Client) error {
	team := c.Metadata.Get("team")
	if owner, known := owners[c.Service]; !known || len(team) != 1 || team[0] != owner {
		return status.Errorf(codes.PermissionDenied, "team %v may not have %q", team, c.Service)
	}
	return nil
}

// gRPC's policy decides about calls, and the balancer's hook about services.
func Example() {
	b := lbserver.New(lbserver.Options{Authorize: authorize})
	defer b.Close()
	for service := range owners {
		if err := b.SetServers(service, []lbserver.Server{{Address: "10.0.0.1:50051"}}); err != nil {
			log.Fatal(err)
		}
	}

	inFront, err := authz.NewStatic(policy)
	if err != nil {
		log.Fatal(err)
	}
	s := grpc.NewServer(
		lbserver.KeepaliveEnforcement(),
		grpc.ChainStreamInterceptor(inFront.StreamInterceptor),
		grpc.ChainUnaryInterceptor(inFront.UnaryInterceptor),
	)
	b.Register(s)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go s.Serve(l)
	defer s.Stop()

	cc, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer cc.Close()
	for _, team := range []string{"a", "b", "c"} {
		fmt.Printf("team %s: greeter %v, shop %v\n", team, ask(cc, team, "greeter"), ask(cc, team, "shop"))
	}
	// Output:
	// team a: greeter OK, shop PermissionDenied
	// team b: greeter PermissionDenied, shop OK
	// team c: greeter PermissionDenied, shop PermissionDenied
}

// ask asks for a service and returns how the first message came, or did not.
func ask(cc *grpc.ClientConn, team, service string) codes.Code {
	ctx, cancel := context.WithCancel(metadata.AppendToOutgoingContext(context.Background(), "team", team))
	defer cancel()
	stream, err := lbpb.NewLoadBalancerClient(cc).BalanceLoad(ctx)
	if err != nil {
		return status.Code(err)
	}
	// If it fails, the balancer has ended the call, and Recv says why.
	_ = stream.Send(&lbpb.LoadBalanceRequest{LoadBalanceRequestType: &lbpb.LoadBalanceRequest_InitialRequest{
		InitialRequest: &lbpb.InitialLoadBalanceRequest{Name: service},
	}})
	_, err = stream.Recv()
	return status.Code(err)
}

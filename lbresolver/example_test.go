package lbresolver_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	testpb "google.golang.org/grpc/interop/grpc_testing"

	"github.com/actorlb/grpclb/internal/dnstest"
	"github.com/actorlb/grpclb/lbresolver"
	"github.com/actorlb/grpclb/lbserver"
)

// The balancer is found by the service's SRV record. Here DNS is a server of
// the example, which the target names; without the parameter dns it is the
// system's.
func Example() {
	dns, service, stop := serve()
	defer stop()

	cc, err := grpc.NewClient("grpclb:///"+service+"?dns="+dns,
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer cc.Close()

	answer, err := testpb.NewTestServiceClient(cc).UnaryCall(context.Background(), &testpb.SimpleRequest{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("answered by", answer.ServerId)
	// Output: answered by backend 1
}

// A builder of one's own, for one channel: DNS is asked every five minutes, and
// every 5 s at most when connections are lost; what is known is kept for an hour
// when DNS fails.
func ExampleNewBuilder() {
	builder := lbresolver.NewBuilder(
		lbresolver.WithScheme("lb"),
		lbresolver.WithMinInterval(5*time.Second),
		lbresolver.WithRefresh(5*time.Minute),
		lbresolver.WithKeep(time.Hour),
		lbresolver.WithBackoff(backoff.Config{BaseDelay: time.Second, Multiplier: 2, Jitter: 0.2, MaxDelay: 30 * time.Second}),
	)
	cc, err := grpc.NewClient("lb:///service.example.com:443",
		grpc.WithResolvers(builder),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer cc.Close()
	fmt.Println(cc.Target())
	// Output: lb:///service.example.com:443
}

// The user's service config is given to the builder. What it says of methods and of
// this policy is used; it need not select the policy.
func ExampleWithServiceConfig() {
	dns, service, stop := serve()
	defer stop()

	builder := lbresolver.NewBuilder(lbresolver.WithServiceConfig(`{
		"loadBalancingConfig": [{"grpclb": {"initialFallbackTimeout": "3s"}}],
		"methodConfig": [{"name": [{}], "timeout": "5s"}]
	}`))
	cc, err := grpc.NewClient("grpclb:///"+service+"?dns="+dns,
		grpc.WithResolvers(builder),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer cc.Close()

	answer, err := testpb.NewTestServiceClient(cc).UnaryCall(context.Background(), &testpb.SimpleRequest{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("answered by", answer.ServerId)
	// Output: answered by backend 1
}

// Where others decide about the channel's default service config, the target leaves
// it to that to select the policy.
func Example_serviceConfig() {
	dns, service, stop := serve()
	defer stop()

	cc, err := grpc.NewClient("grpclb:///"+service+"?config=off&dns="+dns,
		grpc.WithDefaultServiceConfig(`{
			"loadBalancingConfig": [{"grpclb": {"initialFallbackTimeout": "3s"}}],
			"methodConfig": [{"name": [{}], "timeout": "5s"}]
		}`),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer cc.Close()

	answer, err := testpb.NewTestServiceClient(cc).UnaryCall(context.Background(), &testpb.SimpleRequest{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("answered by", answer.ServerId)
	// Output: answered by backend 1
}

// What is wrong with a target fails the channel's calls.
func Example_malformed() {
	cc, err := grpc.NewClient("grpclb://balancer.example.com/service.example.com",
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer cc.Close()
	_, err = testpb.NewTestServiceClient(cc).UnaryCall(context.Background(), &testpb.SimpleRequest{})
	fmt.Println(err)
	// Output:
	// rpc error: code = Unavailable desc = lbresolver: target "grpclb://balancer.example.com/service.example.com": balancer: "balancer.example.com" has no port, want host:port
}

// serve starts a backend, a balancer with a list of it, and a DNS server that
// knows the balancer. It returns the address of that, and the service's name.
func serve() (dns, service string, stop func()) {
	service = "greeter.example.com:443"
	backend, stopBackend := listen(func(s grpc.ServiceRegistrar) { testpb.RegisterTestServiceServer(s, greeter{}) })

	lists := lbserver.New(lbserver.Options{})
	if err := lists.SetServers(service, []lbserver.Server{{Address: backend.String()}}); err != nil {
		log.Fatal(err)
	}
	balancer, stopBalancer := listen(lists.Register, lbserver.KeepaliveEnforcement())

	names, err := dnstest.Start()
	if err != nil {
		log.Fatal(err)
	}
	names.Set("_grpclb._tcp.greeter.example.com", dnstest.SRV(0, 0, uint16(balancer.Port), "lb.example.com"))
	names.Set("lb.example.com", dnstest.Host("127.0.0.1"))
	return names.Addr(), service, func() {
		names.Close()
		lists.Close()
		stopBalancer()
		stopBackend()
	}
}

// listen starts a gRPC server on loopback.
func listen(register func(grpc.ServiceRegistrar), options ...grpc.ServerOption) (addr *net.TCPAddr, stop func()) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	s := grpc.NewServer(options...)
	register(s)
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	return l.Addr().(*net.TCPAddr), func() {
		s.Stop()
		if err := <-served; err != nil {
			log.Fatal(err)
		}
	}
}

// A greeter answers with its name.
type greeter struct {
	testpb.UnimplementedTestServiceServer
}

func (greeter) UnaryCall(context.Context, *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
	return &testpb.SimpleResponse{ServerId: "backend 1"}, nil
}

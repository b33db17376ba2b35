package lbserver_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/netip"
	"strings"
	"time"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"

	"github.com/actorlb/grpclb/lbserver"
)

// A balancer on a port of this machine, and what a client hears from it. Real
// clients have the grpclb policy to talk to it.
func Example() {
	b := lbserver.New(lbserver.Options{})
	err := b.SetServers("greeter.example.com:443", []lbserver.Server{
		{Address: "10.0.0.1:50051", Token: "big", Weight: 2},
		{Address: "[2001:db8::2]:50051", Token: "small"},
	})
	if err != nil {
		log.Fatal(err)
	}

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	s := grpc.NewServer(lbserver.KeepaliveEnforcement())
	b.Register(s)
	served := make(chan error)
	go func() { served <- s.Serve(l) }()

	listen(l.Addr().String(), "greeter.example.com:443")

	b.Close() // first: the gRPC server waits for calls, and this ends them
	s.GracefulStop()
	if err := <-served; err != nil {
		log.Fatal(err)
	}

	// Output:
	// 10.0.0.1:50051 big
	// [2001:db8::2]:50051 small
	// 10.0.0.1:50051 big
}

// listen asks the balancer at addr for a service and prints the first list.
func listen(addr, service string) {
	cc, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer cc.Close()
	stream, err := lbpb.NewLoadBalancerClient(cc).BalanceLoad(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	if err := stream.Send(&lbpb.LoadBalanceRequest{
		LoadBalanceRequestType: &lbpb.LoadBalanceRequest_InitialRequest{
			InitialRequest: &lbpb.InitialLoadBalanceRequest{Name: service},
		},
	}); err != nil {
		log.Fatal(err)
	}
	for {
		m, err := stream.Recv()
		if err != nil {
			log.Fatal(err)
		}
		list := m.GetServerList()
		if list == nil {
			continue // the initial response comes first
		}
		for _, s := range list.Servers {
			ip, _ := netip.AddrFromSlice(s.IpAddress)
			fmt.Println(netip.AddrPortFrom(ip, uint16(s.Port)), s.LoadBalanceToken)
		}
		return
	}
}

// A balancer that is unwell sends its clients to the addresses that they know
// without it, and takes them back later.
func ExampleBalancer_SetFallback() {
	b := lbserver.New(lbserver.Options{})
	defer b.Close()
	fmt.Println(b.SetFallback("greeter.example.com:443"))
	fmt.Println(b.SetServers("greeter.example.com:443", []lbserver.Server{{Address: "10.0.0.1:50051"}}))
	// Output:
	// <nil>
	// <nil>
}

// What is wrong with a list is said when it is set.
func ExampleBalancer_SetServers_hostname() {
	b := lbserver.New(lbserver.Options{})
	defer b.Close()
	fmt.Println(b.SetServers("greeter", []lbserver.Server{
		{Address: "10.0.0.1:50051"},
		{Address: "backend-2:50051"},
	}))
	// Output:
	// lbserver: service "greeter": entry 1: address "backend-2:50051": "backend-2" is no IP address; clients do not resolve names in a list, so resolve it first
}

// Clients get the servers of their own zone, and may write the name of the service in
// several ways.
func ExampleOptions() {
	zone := netip.MustParsePrefix("127.0.0.0/8")
	b := lbserver.New(lbserver.Options{
		Normalize: func(service string) string {
			return strings.ToLower(strings.TrimSuffix(service, ":443"))
		},
		Classify: func(c lbserver.Client) string {
			if from, err := netip.ParseAddrPort(c.Peer.Addr.String()); err == nil && zone.Contains(from.Addr()) {
				return "loopback"
			}
			return ""
		},
		MaxCallAge: time.Hour,
		MaxClients: 10_000,
	})
	if err := b.SetServers("greeter", []lbserver.Server{{Address: "10.0.0.1:50051"}}); err != nil {
		log.Fatal(err)
	}
	if err := b.SetServersFor("greeter", "loopback", []lbserver.Server{{Address: "10.0.0.2:50051", Token: "near"}}); err != nil {
		log.Fatal(err)
	}

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	s := grpc.NewServer(lbserver.KeepaliveEnforcement(), grpc.KeepaliveParams(keepalive.ServerParameters{
		MaxConnectionAge: 30 * time.Minute, // half of MaxCallAge
	}))
	b.Register(s)
	served := make(chan error)
	go func() { served <- s.Serve(l) }()
	listen(l.Addr().String(), "Greeter:443")
	for _, a := range b.Answers("GREETER") {
		fmt.Printf("answer %d, class %q: %v\n", a.Number, a.Class, a.Servers)
	}
	b.Close()
	s.GracefulStop()
	if err := <-served; err != nil {
		log.Fatal(err)
	}

	// Output:
	// 10.0.0.2:50051 near
	// answer 1, class "": [{10.0.0.1:50051  0 false}]
	// answer 2, class "loopback": [{10.0.0.2:50051 near 0 false}]
}

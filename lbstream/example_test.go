package lbstream_test

import (
	"fmt"
	"log"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/lbserver"
	"github.com/actorlb/grpclb/lbstream"
)

// A stream asks a balancer for the backends of a service, and says what it hears.
func Example() {
	address, stop := balancer()
	defer stop()

	actors := actor.NewGroup()
	defer actors.Stop()
	stream := lbstream.Start(actors, lbstream.Options{
		DialOptions: []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())},
		Backoff:     backoff.DefaultConfig,
	})
	stream.Serve(lbstream.Target{
		Name:      "greeter.example.com:443",
		Balancers: []resolver.Address{{Addr: address}},
	})

	status := <-stream.Status()
	fmt.Println("in contact:", status.Contact)
	for _, e := range status.List.Entries {
		fmt.Println(e.Addr, e.Token)
	}
	// Output:
	// in contact: true
	// 10.0.0.1:50051 a
	// 10.0.0.2:50051 b
}

// balancer starts a balancer on loopback, with a list.
func balancer() (address string, stop func()) {
	b := lbserver.New(lbserver.Options{})
	if err := b.SetServers("greeter.example.com:443", []lbserver.Server{
		{Address: "10.0.0.1:50051", Token: "a"},
		{Address: "10.0.0.2:50051", Token: "b"},
	}); err != nil {
		log.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	s := grpc.NewServer(lbserver.KeepaliveEnforcement())
	b.Register(s)
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	return l.Addr().String(), func() {
		b.Close()
		s.Stop()
		if err := <-served; err != nil {
			log.Fatal(err)
		}
	}
}

package register_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/actorlb/grpclb/grpclbd/register"
)

// A server registers itself when it serves, and withdraws before it stops.
func Example_server() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	server := grpc.NewServer()
	healthpb.RegisterHealthServer(server, health.NewServer())
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	registration, err := register.Start(ctx, register.Options{
		Etcd:    strings.Split(os.Getenv("ETCD"), ","), // ETCD=http://10.0.0.9:2379
		Service: "services/greeter",
		Address: listener.Addr().String(),
		Zone:    "z1",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("serving and registered")

	// Here a server waits for SIGTERM: ctx, stop := signal.NotifyContext(…); <-ctx.Done()

	if err := registration.Withdraw(ctx); err != nil {
		fmt.Println(err)
	}
	// Until the balancer has sent its clients lists without this server.
	pause := time.NewTimer(100 * time.Millisecond) // give it a second
	<-pause.C
	server.GracefulStop()
	fmt.Println("stopped:", <-served)
	// Output:
	// serving and registered
	// stopped: <nil>
}

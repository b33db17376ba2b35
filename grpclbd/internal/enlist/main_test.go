package enlist

import (
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/actorlb/grpclb/grpclbd/internal/etcdtest"
)

// childEnv is set in the command that the tests run: this test binary. It is the address of its server.
const childEnv = "ENLIST_TEST_CHILD"

// etcd is one for all tests.
var etcd *etcdtest.Server

func TestMain(m *testing.M) {
	if address := os.Getenv(childEnv); address != "" {
		os.Exit(child(address))
	}
	goleak.VerifyTestMain(etcdtest.Tests{M: m, Server: &etcd})
}

// child is a gRPC server that says NOT_SERVING after SIGUSR1 and SERVING after SIGUSR2. SIGTERM ends it with code 3,
// and SIGHUP with code 4.
func child(address string) int {
	signals := make(chan os.Signal, 10)
	signal.Notify(signals, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGTERM, syscall.SIGHUP)
	listener, err := net.Listen("tcp", address)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	server, state := grpc.NewServer(), health.NewServer()
	healthpb.RegisterHealthServer(server, state)
	go func() { _ = server.Serve(listener) }()
	fmt.Println("started", os.Getpid())
	for s := range signals {
		fmt.Println("got", s)
		switch s {
		case syscall.SIGUSR1:
			state.SetServingStatus("", healthpb.HealthCheckResponse_NOT_SERVING)
		case syscall.SIGUSR2:
			state.SetServingStatus("", healthpb.HealthCheckResponse_SERVING)
		case syscall.SIGHUP:
			return 4
		case syscall.SIGTERM:
			return 3
		}
	}
	return 1
}

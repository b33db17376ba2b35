package main

import (
	"net"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

// Backends are gRPC servers with a health service.
type backends struct {
	addresses []string
	servers   []*grpc.Server
	health    []*health.Server
}

func serve(n int) (*backends, error) {
	b := &backends{}
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		s, h := grpc.NewServer(), health.NewServer()
		healthpb.RegisterHealthServer(s, h)
		go func() { _ = s.Serve(l) }()
		b.addresses = append(b.addresses, l.Addr().String())
		b.servers, b.health = append(b.servers, s), append(b.health, h)
	}
	return b, nil
}

// list is the backends as the configuration has them.
func (b *backends) list() string { return strings.Join(b.addresses, ", ") }

// say sets the health of one.
func (b *backends) say(i int, serving bool) {
	status := healthpb.HealthCheckResponse_NOT_SERVING
	if serving {
		status = healthpb.HealthCheckResponse_SERVING
	}
	b.health[i].SetServingStatus("", status)
}

func (b *backends) stop() {
	for _, s := range b.servers {
		s.Stop()
	}
}

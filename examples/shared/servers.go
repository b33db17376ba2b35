package main

import (
	"context"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/reflection"

	"github.com/actorlb/grpclb/lbserver"
)

// service is what the channel dials, and the name that the balancer is asked for.
const service = "shop.example.com"

// A cluster is a balancer and the backends that it names.
type cluster struct {
	lists    *lbserver.Balancer
	balancer *server
	backends []*server
	meters   []*meter // of the backends
}

// startCluster starts the backends and a balancer that names them all, the first
// one twice: a list does that to give a backend more of the calls.
func startCluster(rush *rush) (*cluster, error) {
	c := &cluster{lists: lbserver.New(lbserver.Options{})}
	if err := c.start(rush); err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

func (c *cluster) start(rush *rush) error {
	var list []lbserver.Server
	for range backends {
		m := &meter{rush: rush}
		b, err := listen(newBackend(m))
		if err != nil {
			return err
		}
		c.backends, c.meters = append(c.backends, b), append(c.meters, m)
		list = append(list, lbserver.Server{Address: b.addr, Token: b.addr})
	}
	list[0].Weight = 2
	if err := c.lists.SetServers(service, list); err != nil {
		return err
	}
	g := grpc.NewServer(lbserver.KeepaliveEnforcement())
	c.lists.Register(g)
	var err error
	c.balancer, err = listen(g)
	return err
}

// stop closes the balancer first, because its server waits for the streams of clients.
func (c *cluster) stop() {
	c.lists.Close()
	for _, s := range append(c.backends, c.balancer) {
		s.stop()
	}
}

// newBackend returns a server of three services that have nothing to do with
// each other, but are in one process, as they often are.
func newBackend(m *meter) *grpc.Server {
	g := grpc.NewServer(
		grpc.StatsHandler(m),
		grpc.UnaryInterceptor(m.unary),
		grpc.StreamInterceptor(m.stream),
	)
	testpb.RegisterTestServiceServer(g, shop{})
	healthpb.RegisterHealthServer(g, health.NewServer())
	reflection.Register(g)
	return g
}

// A shop answers.
type shop struct {
	testpb.UnimplementedTestServiceServer
}

// EmptyCall answers at once, and so does UnaryCall.
func (shop) EmptyCall(context.Context, *testpb.Empty) (*testpb.Empty, error) {
	return &testpb.Empty{}, nil
}

func (shop) UnaryCall(context.Context, *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
	return &testpb.SimpleResponse{}, nil
}

// A server is a gRPC server on a port of this machine.
type server struct {
	addr   string
	grpc   *grpc.Server
	served chan error // its Serve → stop, capacity 1
}

func listen(g *grpc.Server) (*server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &server{addr: l.Addr().String(), grpc: g, served: make(chan error, 1)}
	go func() { s.served <- g.Serve(l) }()
	return s, nil
}

// stop closes every connection. The error of Serve does not matter then.
func (s *server) stop() {
	if s != nil {
		s.grpc.Stop()
		<-s.served
	}
}

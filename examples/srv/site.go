package main

import (
	"context"
	"fmt"
	"net"

	"google.golang.org/grpc"
	testpb "google.golang.org/grpc/interop/grpc_testing"

	"github.com/actorlb/grpclb/internal/dnstest"
	"github.com/actorlb/grpclb/lbserver"
)

const (
	host = "greeter.example.com"
	srv  = "_grpclb._tcp." + host
)

// A site is all the servers, and the DNS server that knows them.
type site struct {
	dns      *dnstest.Server
	service  string // what clients dial: host, and the port of the server to fall back to
	backends map[string]*server
	balancer *balancer
}

// startSite starts five backends, and a balancer that names two of them.
func startSite() (*site, error) {
	dns, err := dnstest.Start()
	if err != nil {
		return nil, err
	}
	s := &site{dns: dns, backends: map[string]*server{}}
	for _, name := range []string{"a", "b", "c", "d", "fallback"} {
		g := grpc.NewServer()
		testpb.RegisterTestServiceServer(g, backend{name: name})
		if s.backends[name], err = listen(g); err != nil {
			s.stop()
			return nil, err
		}
	}
	s.service = fmt.Sprintf("%s:%d", host, s.backends["fallback"].addr.Port)
	dns.Set(host, dnstest.Host("127.0.0.1"))
	if s.balancer, err = s.announce("lb-1.example.com", "a", "b"); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// announce starts a balancer whose list is these backends, and has DNS say that
// it is the one. Its port is in the SRV record.
func (s *site) announce(name string, backends ...string) (*balancer, error) {
	var list []lbserver.Server
	for _, b := range backends {
		list = append(list, lbserver.Server{Address: s.backends[b].addr.String()})
	}
	b := &balancer{lists: lbserver.New(lbserver.Options{})}
	if err := b.lists.SetServers(s.service, list); err != nil {
		return nil, err
	}
	g := grpc.NewServer(lbserver.KeepaliveEnforcement())
	b.lists.Register(g)
	var err error
	if b.server, err = listen(g); err != nil {
		b.lists.Close()
		return nil, err
	}
	s.dns.Set(name, dnstest.Host("127.0.0.1"))
	s.dns.Set(srv, dnstest.SRV(0, 0, uint16(b.server.addr.Port), name))
	return b, nil
}

// move starts another balancer, elsewhere and with other backends, and stops
// the one that there was.
func (s *site) move() error {
	old := s.balancer
	var err error
	s.balancer, err = s.announce("lb-2.example.com", "c", "d")
	old.stop()
	return err
}

// remove stops the balancer. DNS says that there is none any more.
func (s *site) remove() error {
	s.dns.Remove(srv)
	s.balancer.stop()
	s.balancer = nil
	return nil
}

// stop stops everything that runs.
func (s *site) stop() {
	s.balancer.stop()
	for _, b := range s.backends {
		b.stop()
	}
	s.dns.Close()
}

// A balancer is one server of lists.
type balancer struct {
	lists  *lbserver.Balancer
	server *server
}

// stop stops the lists first: the server waits for calls, and that ends them.
func (b *balancer) stop() {
	if b != nil {
		b.lists.Close()
		b.server.stop()
	}
}

// A server is a gRPC server on a port of this machine.
type server struct {
	addr   *net.TCPAddr
	grpc   *grpc.Server
	served chan error // its Serve → stop, capacity 1
}

func listen(g *grpc.Server) (*server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &server{addr: l.Addr().(*net.TCPAddr), grpc: g, served: make(chan error, 1)}
	go func() { s.served <- g.Serve(l) }()
	return s, nil
}

// stop lets calls finish. The error of Serve does not matter then.
func (s *server) stop() {
	if s != nil {
		s.grpc.Stop()
		<-s.served
	}
}

// A backend answers with its name.
type backend struct {
	testpb.UnimplementedTestServiceServer
	name string
}

// UnaryCall answers at once.
func (b backend) UnaryCall(context.Context, *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
	return &testpb.SimpleResponse{ServerId: b.name}, nil
}

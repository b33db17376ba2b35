package main

import (
	"context"
	"errors"
	"net"

	"google.golang.org/grpc"
	testpb "google.golang.org/grpc/interop/grpc_testing"

	"github.com/actorlb/grpclb/internal/dnstest"
	"github.com/actorlb/grpclb/lbserver"
)

const (
	host = "greeter.example.com"
	// service is what the channel dials, and the name that the balancer is asked for.
	service = host + ":443"
)

// A site is a balancer and backends, and the DNS server that knows them.
type site struct {
	dns     *dnstest.Server
	lists   *lbserver.Balancer
	slow    *slow // the listener of the backend "new"
	addrs   map[string]string
	servers []*server
}

// startSite starts the backends, of which the new one is slow, and a balancer that lists the old
// ones.
func startSite() (*site, error) {
	dns, err := dnstest.Start()
	if err != nil {
		return nil, err
	}
	s := &site{dns: dns, lists: lbserver.New(lbserver.Options{}), addrs: map[string]string{}}
	if err := s.start(); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

func (s *site) start() error {
	for _, name := range []string{"old-1", "old-2", "new"} {
		g := grpc.NewServer()
		testpb.RegisterTestServiceServer(g, backend{name: name})
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		s.addrs[name] = l.Addr().String()
		if name == "new" {
			s.slow = newSlow(l)
			l = s.slow
		}
		s.servers = append(s.servers, serve(g, l))
	}
	if err := s.announce("old-1", "old-2"); err != nil {
		return err
	}
	g := grpc.NewServer(lbserver.KeepaliveEnforcement())
	s.lists.Register(g)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.servers = append(s.servers, serve(g, l))
	s.dns.Set(host, dnstest.Host("127.0.0.1"))
	s.dns.Set("lb.example.com", dnstest.Host("127.0.0.1"))
	s.dns.Set("_grpclb._tcp."+host, dnstest.SRV(0, 0, uint16(l.Addr().(*net.TCPAddr).Port), "lb.example.com"))
	return nil
}

// announce has the balancer send a list of these backends.
func (s *site) announce(names ...string) error {
	var list []lbserver.Server
	for _, n := range names {
		list = append(list, lbserver.Server{Address: s.addrs[n]})
	}
	return s.lists.SetServers(service, list)
}

// replace has the balancer list only the new backend, and waits until the client connects to
// it.
func (s *site) replace(ctx context.Context) error {
	if err := s.announce("new"); err != nil {
		return err
	}
	select {
	case <-s.slow.knocked:
		return nil
	case <-ctx.Done():
		return errors.New("the client does not connect to the backend of the new list")
	}
}

// stop closes the balancer first, because its server waits for the streams of clients.
func (s *site) stop() {
	s.lists.Close()
	if s.slow != nil {
		s.slow.open()
	}
	for _, server := range s.servers {
		server.stop()
	}
	s.dns.Close()
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

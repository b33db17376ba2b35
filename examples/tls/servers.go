package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	testpb "google.golang.org/grpc/interop/grpc_testing"

	"github.com/actorlb/grpclb/lbserver"
)

// The names of the servers here, which nobody else knows. What a client asks for
// are the names in their certificates.
const (
	balancer = "balancer"
	stranger = "stranger"
	fallback = "fallback"
)

// members are the backends, and what is in their certificates. The stranger is
// signed by the same CA, but is a server of something else.
var members = map[string]string{
	"a":      service,
	"b":      service,
	stranger: "billing.example.com",
	fallback: service,
}

// A cluster is all the servers.
type cluster struct {
	lists *lbserver.Balancer
	named map[string]*server
}

// startCluster starts the backends, and a balancer that has this name in its
// certificate.
func startCluster(ca *authority, certified string) (*cluster, error) {
	c := &cluster{lists: lbserver.New(lbserver.Options{}), named: map[string]*server{}}
	err := c.listen(ca, balancer, certified)
	for name, certified := range members {
		if err == nil {
			err = c.listen(ca, name, certified)
		}
	}
	if err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

// listen starts the server that has this name here.
func (c *cluster) listen(ca *authority, name, certified string) error {
	creds, err := ca.server(certified)
	if err != nil {
		return err
	}
	refused := make(chan error, 1)
	g := grpc.NewServer(grpc.Creds(doorbell{creds, refused}), lbserver.KeepaliveEnforcement())
	if name == balancer {
		c.lists.Register(g)
	} else {
		testpb.RegisterTestServiceServer(g, backend{name: name})
	}
	c.named[name], err = listen(g, refused)
	return err
}

// announce has the balancer send a list of these backends. A list is addresses
// and tokens: it has no say in whom clients take for genuine.
func (c *cluster) announce(names []string) error {
	var list []lbserver.Server
	for _, n := range names {
		list = append(list, lbserver.Server{Address: c.named[n].addr})
	}
	return c.lists.SetServers(service, list)
}

// stop closes the balancer first, because its server waits for the streams of clients.
func (c *cluster) stop() {
	c.lists.Close()
	for _, s := range c.named {
		s.stop()
	}
}

// A doorbell is the credentials of a server that notices when a client does not
// like them.
type doorbell struct {
	credentials.TransportCredentials
	refused chan<- error
}

// ServerHandshake shows the certificate.
func (d doorbell) ServerHandshake(c net.Conn) (net.Conn, credentials.AuthInfo, error) {
	conn, info, err := d.TransportCredentials.ServerHandshake(c)
	if err != nil {
		select {
		case d.refused <- err:
		default: // one is enough
		}
	}
	return conn, info, err
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

// A server is a gRPC server on a port of this machine.
type server struct {
	addr    string
	grpc    *grpc.Server
	served  chan error   // its Serve → stop, capacity 1
	refused <-chan error // its doorbell → awaitRefusal, capacity 1
}

func listen(g *grpc.Server, refused <-chan error) (*server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &server{addr: l.Addr().String(), grpc: g, served: make(chan error, 1), refused: refused}
	go func() { s.served <- g.Serve(l) }()
	return s, nil
}

// awaitRefusal waits until a client has turned the server away for what is in
// its certificate. TLS has an alert that says so.
func (s *server) awaitRefusal(ctx context.Context) error {
	select {
	case err := <-s.refused:
		if !strings.Contains(err.Error(), "bad certificate") {
			return fmt.Errorf("the handshake failed for another reason: %w", err)
		}
		return nil
	case <-ctx.Done():
		return errors.New("a server with a wrong certificate was not refused")
	}
}

// stop closes every connection. The error of Serve does not matter then.
func (s *server) stop() {
	if s != nil {
		s.grpc.Stop()
		<-s.served
	}
}

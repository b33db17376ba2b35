package main

import (
	"context"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/lbserver"
)

// service is what the channel dials and so asks the balancer for.
const service = "store.example.com"

// names are those of the backends.
var names = []string{"a", "b", "c"}

// A cluster is a balancer and the backends that it knows.
type cluster struct {
	lists    *lbserver.Balancer
	balancer *server
	backends map[string]*server // by name
}

// startCluster starts the backends, and a balancer whose list is empty: calls
// wait for one that is not.
func startCluster() (*cluster, error) {
	c := &cluster{lists: lbserver.New(lbserver.Options{}), backends: map[string]*server{}}
	g := grpc.NewServer(lbserver.KeepaliveEnforcement())
	c.lists.Register(g)
	err := c.assign(nobody, nil)
	if err == nil {
		c.balancer, err = listen(g)
	}
	for _, name := range names {
		if err == nil {
			c.backends[name], err = listen(newBackend(name))
		}
	}
	if err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

// assign has the balancer tell clients the roles: by the tokens of the list, which
// has nobody else in it. No leader is one whose name is nobody.
func (c *cluster) assign(leader string, followers []string) error {
	var list []lbserver.Server
	for _, name := range followers {
		list = append(list, lbserver.Server{Address: c.backends[name].addr, Token: "follower"})
	}
	if leader != nobody {
		list = append(list, lbserver.Server{Address: c.backends[leader].addr, Token: leaderRole})
	}
	return c.lists.SetServers(service, list)
}

// stop ends the lists first: the balancer's server waits for its calls.
func (c *cluster) stop() {
	c.lists.Close()
	c.balancer.stop()
	for _, b := range c.backends {
		b.stop()
	}
}

// A backend answers with its name. The test service stands in for one of your
// own: UnaryCall is a write here, CacheableUnaryCall a read.
type backend struct {
	testpb.UnimplementedTestServiceServer
	name string
}

func newBackend(name string) *grpc.Server {
	g := grpc.NewServer()
	testpb.RegisterTestServiceServer(g, backend{name: name})
	return g
}

// UnaryCall takes a write if the call's token says that it was sent to the
// leader. Calls have the token of the list that they were picked by.
func (b backend) UnaryCall(ctx context.Context, _ *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
	if role := metadata.ValueFromIncomingContext(ctx, "lb-token"); len(role) != 1 || role[0] != leaderRole {
		return nil, status.Errorf(codes.FailedPrecondition, "%s got a write as %q", b.name, role)
	}
	return &testpb.SimpleResponse{ServerId: b.name}, nil
}

// CacheableUnaryCall answers a read.
func (b backend) CacheableUnaryCall(context.Context, *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
	return &testpb.SimpleResponse{ServerId: b.name}, nil
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

// stop cuts every connection. What Serve has to say then tells nobody anything.
func (s *server) stop() {
	if s != nil {
		s.grpc.Stop()
		<-s.served
	}
}

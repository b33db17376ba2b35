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

// service is what the channel dials, and the name that the balancer is asked for.
const service = "store.example.com"

// names are those of the backends.
var names = []string{"a", "b", "c"}

// A cluster is a balancer and the backends that it knows.
type cluster struct {
	lists    *lbserver.Balancer
	balancer *server
	backends map[string]*server // by name
}

// startCluster starts the backends, and a balancer with an empty list: calls wait.
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

// assign has the balancer send the roles, as the tokens of its list. Nobody leads if the leader's
// name is nobody.
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

// stop closes the balancer first, because its server waits for the streams of clients.
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

// UnaryCall takes a write only if the call's token is that of the leader. A call has the token of
// the list that it was picked by.
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

// stop closes every connection. The error of Serve does not matter then.
func (s *server) stop() {
	if s != nil {
		s.grpc.Stop()
		<-s.served
	}
}

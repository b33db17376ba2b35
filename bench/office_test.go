package bench

import (
	"context"
	"fmt"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb"
	"github.com/actorlb/grpclb/internal/lbtest"
)

// An office has backends that answer at once, and a balancer.
type office struct {
	t        testing.TB
	network  lbtest.Network
	balancer *lbtest.Balancer
	backends []string
}

func newOffice(t testing.TB) *office {
	network := lbtest.NewLoopback()
	o := &office{t: t, network: network, balancer: lbtest.NewBalancer(t, network)}
	for range backendsCalled {
		o.backends = append(o.backends, o.backend())
	}
	return o
}

// backend starts a server, which ends with the test, and returns its address.
func (o *office) backend() string {
	l, err := o.network.Listen("")
	if err != nil {
		o.t.Fatal(err)
	}
	s := grpc.NewServer()
	testpb.RegisterTestServiceServer(s, &prompt{})
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	o.t.Cleanup(func() {
		s.Stop()
		<-served
	})
	return l.Addr().String()
}

// A prompt backend answers at once.
type prompt struct {
	testpb.UnimplementedTestServiceServer
}

var empty = &testpb.SimpleResponse{}

func (*prompt) UnaryCall(context.Context, *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
	return empty, nil
}

// A channel makes its policy by name, and grpclb is the peer's.
const nameOfOurs = "grpclb_ours"

func init() { balancer.Register(grpclb.NewBuilder(grpclb.WithName(nameOfOurs))) }

// connect makes a channel whose backends are READY.
func (o *office) connect(policy string) *line {
	name := map[string]string{"ours": nameOfOurs, "grpclb": "grpclb", "round_robin": "round_robin"}[policy]
	c := lbtest.NewChannel(o.t, o.network, "", grpc.WithDefaultServiceConfig(
		fmt.Sprintf(`{"loadBalancingConfig":[{%q:{}}]}`, name)))
	l := &line{t: o.t, client: testpb.NewTestServiceClient(c.CC)}
	if policy == "round_robin" {
		o.must(c.Resolve(nil, o.backends...))
	} else {
		o.must(c.Resolve([]resolver.Address{o.balancer.Address()}))
		l.call = o.balancer.Next()
		l.call.Initial(reportEvery)
		l.call.Send(message(o.list()))
	}
	for range 100 * backendsCalled { // until all are READY, and then some
		l.one()
	}
	return l
}

func (o *office) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

// list is a server list of the office's backends.
func (o *office) list() (list []*lbpb.Server) {
	for i, addr := range o.backends {
		list = append(list, lbtest.Server(addr, fmt.Sprintf("token-%d", i)))
	}
	return list
}

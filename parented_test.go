package grpclb

import (
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/balancer/endpointsharding"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// A spy is a policy that does nothing, but says whether it would think that it has
// a parent.
type spy struct {
	balancer.Balancer
	balancer.ClientConn
}

var spied = make(chan bool, 10)

func (spy) Name() string { return "tests_spy" }

func (spy) Build(cc balancer.ClientConn, o balancer.BuildOptions) balancer.Balancer {
	spied <- parented(cc)
	return balancer.Get("round_robin").Build(cc, o)
}

// A shard is a parent of the spy.
type shard struct{}

func (shard) Name() string { return "tests_shard" }

func (shard) Build(cc balancer.ClientConn, o balancer.BuildOptions) balancer.Balancer {
	return endpointsharding.NewBalancer(cc, o, spy{}.Build, endpointsharding.Options{})
}

// With gRPC itself above it a policy has no parent, and a pick nothing to
// allocate; with any other policy it has one.
func TestPick_MetadataIsThePicksOwn_WhereItMatters(t *testing.T) {
	balancer.Register(spy{})
	balancer.Register(shard{})
	network := lbtest.NewLoopback()
	for policy, want := range map[string]bool{"tests_spy": false, "tests_shard": true} {
		ch := lbtest.NewChannel(t, network, "", grpc.WithDefaultServiceConfig(`{"loadBalancingConfig":[{"`+policy+`":{}}]}`))
		if err := ch.Push(resolver.State{Addresses: []resolver.Address{lbtest.NewBackend(t, network, 1).Address()}}); err != nil {
			t.Fatal(err)
		}
		if got := <-spied; got != want {
			t.Errorf("under %s: a parent: %v, want %v", policy, got, want)
		}
	}
	if parented(lbtest.NewParent(t)) {
		t.Error("a test in the place of gRPC is taken for a parent")
	}
	if !parented(struct{ balancer.ClientConn }{}) {
		t.Error("something unknown is not taken for a parent")
	}
}

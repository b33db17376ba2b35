package hostile

import (
	"sync/atomic"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb"
)

// counting is the policy under test, which tells how much it asks of gRPC.
type counting struct{ *grpclb.Builder }

func (b counting) Build(cc balancer.ClientConn, o balancer.BuildOptions) balancer.Balancer {
	return b.Builder.Build(counted{cc}, o)
}

// What all policies of this process have done so far.
var pickers, subConns, resolves atomic.Int64

// counted is the channel as the policy sees it.
type counted struct{ balancer.ClientConn }

func (c counted) UpdateState(s balancer.State) {
	pickers.Add(1)
	c.ClientConn.UpdateState(s)
}

func (c counted) NewSubConn(a []resolver.Address, o balancer.NewSubConnOptions) (balancer.SubConn, error) {
	subConns.Add(1)
	//lint:ignore SA1019 it passes on what the policy wants
	return c.ClientConn.NewSubConn(a, o)
}

func (c counted) ResolveNow(o resolver.ResolveNowOptions) {
	resolves.Add(1)
	c.ClientConn.ResolveNow(o)
}

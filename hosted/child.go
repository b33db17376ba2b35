package hosted

import (
	"iter"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/balancer/roundrobin"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/serviceconfig"

	"github.com/actorlb/grpclb/tokens"
)

// A Child is a registered policy and its config. It is immutable.
type Child struct {
	Builder balancer.Builder
	Config  serviceconfig.LoadBalancingConfig // nil if it has none
}

// RoundRobin returns gRPC's round_robin. To it an endpoint is one backend,
// however many addresses the endpoint has (gRFC A61).
func RoundRobin() *Child { return &Child{Builder: balancer.Get(roundrobin.Name)} }

// A Plan is what a child is given. It is immutable.
type Plan struct {
	Child *Child
	Doing string // completes "grpclb is ..." in the text of a pick that fails

	// Listed: the backends come from a balancer's list, and have tokens. Otherwise
	// the resolver named them.
	Listed bool

	// Checks: gRPC checks the health of the backends, if the child asks for it.
	Checks bool

	Size      int                           // entries
	Backends  iter.Seq2[int, *tokens.Entry] // the group's entries, by their places
	Endpoints []resolver.Endpoint           // as the resolver named them, if it did
}

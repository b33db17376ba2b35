package grpclb

import (
	"slices"

	"google.golang.org/grpc/balancer/grpclb/state"
	"google.golang.org/grpc/resolver"
)

// balancersOf returns the addresses of the balancers in an update. The slice is a
// copy: a resolver may change its own later.
func balancersOf(s resolver.State) []resolver.Address {
	if b := state.Get(s); b != nil {
		return slices.Clone(b.BalancerAddresses)
	}
	return nil
}

// backendsOf returns the backends that the resolver found. gRPC fills in
// Endpoints where a resolver gave only Addresses; a parent policy may not.
func backendsOf(s resolver.State) []resolver.Endpoint {
	found := slices.Clone(s.Endpoints)
	if len(found) == 0 {
		for _, a := range s.Addresses {
			found = append(found, resolver.Endpoint{Addresses: []resolver.Address{a}})
		}
	}
	return slices.DeleteFunc(found, func(e resolver.Endpoint) bool { return len(e.Addresses) == 0 })
}

package grpclb

import (
	"slices"

	"google.golang.org/grpc/balancer/grpclb/state"
	"google.golang.org/grpc/resolver"
)

// balancersOf returns the addresses of the balancers in an update.
func balancersOf(s resolver.State) []resolver.Address {
	if b := state.Get(s); b != nil {
		return b.BalancerAddresses
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

// sameEndpoints reports whether a and b are the same backends in the same
// order, their attributes included.
func sameEndpoints(a, b []resolver.Endpoint) bool {
	return slices.EqualFunc(a, b, func(a, b resolver.Endpoint) bool {
		return a.Attributes.Equal(b.Attributes) && slices.EqualFunc(a.Addresses, b.Addresses, resolver.Address.Equal)
	})
}

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

// backendsOf returns the backends that the resolver found, as a copy. gRPC fills in
// Endpoints where a resolver gave only Addresses; a parent policy may not.
func backendsOf(s resolver.State) (found []resolver.Endpoint) {
	for _, e := range s.Endpoints {
		if len(e.Addresses) > 0 {
			e.Addresses = slices.Clone(e.Addresses)
			found = append(found, e)
		}
	}
	if len(s.Endpoints) > 0 {
		return found
	}
	for _, a := range s.Addresses {
		found = append(found, resolver.Endpoint{Addresses: []resolver.Address{a}})
	}
	return found
}

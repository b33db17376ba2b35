package lbstream

import (
	"slices"
	"strings"

	"google.golang.org/grpc/resolver"
)

// A Target is whom to call, and about what.
type Target struct {
	// Name goes into the initial request: the service whose backends are asked
	// for. The protocol allows 255 bytes; a longer one is sent all the same, and
	// it is for the balancer to refuse it.
	Name string
	// Balancers are the addresses of the balancer, any of which will do. While
	// there are none, there is no call. An address that cannot be dialled is one
	// that refuses connections.
	Balancers []resolver.Address
}

// normal returns a copy of t that the caller's slice cannot change. A server
// name that comes from an SRV record ends in a dot, which certificates do not.
func (t Target) normal() Target {
	t.Balancers = slices.Clone(t.Balancers)
	for i := range t.Balancers {
		name := &t.Balancers[i].ServerName
		*name = strings.TrimSuffix(*name, ".")
	}
	return t
}

// sameOrder reports whether a and b are the same addresses in the same order.
func sameOrder(a, b []resolver.Address) bool {
	return slices.EqualFunc(a, b, sameAddress)
}

// sameAddress compares what a connection depends on. The attributes that are
// meant for balancing policies, and the metadata, do not matter to the channel.
func sameAddress(a, b resolver.Address) bool {
	return a.Addr == b.Addr && a.ServerName == b.ServerName && a.Attributes.Equal(b.Attributes)
}

// sameSet reports whether a and b are the same addresses in any order and
// however often repeated.
func sameSet(a, b []resolver.Address) bool {
	return within(a, b) && within(b, a)
}

// within reports whether every address of a is in b. AddressMapV2 compares as
// sameAddress does.
func within(a, b []resolver.Address) bool {
	known := resolver.NewAddressMapV2[struct{}]()
	for _, addr := range b {
		known.Set(addr, struct{}{})
	}
	return !slices.ContainsFunc(a, func(addr resolver.Address) bool {
		_, ok := known.Get(addr)
		return !ok
	})
}

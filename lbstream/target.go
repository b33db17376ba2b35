package lbstream

import (
	"slices"
	"strings"

	"google.golang.org/grpc/attributes"
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

// normal returns a copy of t that the caller's slice cannot change, with what a
// connection depends on. A server name that comes from an SRV record ends in a dot,
// which certificates do not. What is meant for balancing policies, and metadata, may
// be of any type and does not matter to the channel. Attributes may matter to its
// credentials, but gRPC compares them: if they can't be compared they are left out.
func (t Target) normal() Target {
	given := t.Balancers
	t.Balancers = make([]resolver.Address, len(given))
	for i, a := range given {
		t.Balancers[i] = resolver.Address{Addr: a.Addr, ServerName: strings.TrimSuffix(a.ServerName, ".")}
		if canCompare(a.Attributes) {
			t.Balancers[i].Attributes = a.Attributes
		}
	}
	return t
}

// canCompare reports whether attributes can be compared with others like them. A
// value that is, say, a map panics then, unless it has an Equal method.
func canCompare(a *attributes.Attributes) (can bool) {
	defer func() { can = recover() == nil }()
	type key struct{}
	a.WithValue(key{}, 0).Equal(a.WithValue(key{}, 0))
	return true
}

// sameOrder reports whether a and b are the same addresses in the same order.
func sameOrder(a, b []resolver.Address) bool {
	return slices.EqualFunc(a, b, sameAddress)
}

// sameAddress compares what a connection depends on.
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

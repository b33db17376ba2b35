package lbstream

import (
	"slices"
	"strings"

	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/attrs"
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

// normal returns a copy of t that the caller's slice cannot change, and in which
// an address is no more than a connection needs. A server name that comes from an
// SRV record ends in a dot, which certificates do not. What is meant for
// balancing policies goes, and so do attributes that Go can't compare: gRPC's
// pick_first, which the channel uses, would panic on them.
func (t Target) normal() Target {
	t.Balancers = slices.Clone(t.Balancers)
	for i, a := range t.Balancers {
		t.Balancers[i] = resolver.Address{
			Addr:       a.Addr,
			ServerName: strings.TrimSuffix(a.ServerName, "."),
			Attributes: attrs.Comparable(a.Attributes),
		}
	}
	return t
}

// sameOrder reports whether a and b are the same addresses in the same order.
func sameOrder(a, b []resolver.Address) bool {
	return slices.EqualFunc(a, b, sameAddress)
}

// sameAddress compares normal addresses.
func sameAddress(a, b resolver.Address) bool {
	return a.Addr == b.Addr && a.ServerName == b.ServerName && attrs.Equal(a.Attributes, b.Attributes)
}

// sameSet reports whether a and b are the same addresses in any order and
// however often repeated.
func sameSet(a, b []resolver.Address) bool {
	return within(a, b) && within(b, a)
}

// within reports whether every address of a is in b.
func within(a, b []resolver.Address) bool {
	known := make(map[string][]resolver.Address)
	for _, addr := range b {
		known[addr.Addr] = append(known[addr.Addr], addr)
	}
	return !slices.ContainsFunc(a, func(addr resolver.Address) bool {
		return !slices.ContainsFunc(known[addr.Addr], func(o resolver.Address) bool { return sameAddress(addr, o) })
	})
}

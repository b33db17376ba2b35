package lbstream

import (
	"slices"
	"strings"

	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/attrs"
)

// A Target says which balancers to ask, and for which service.
type Target struct {
	// Name is the service to ask for, in the initial request. The protocol allows 255
	// bytes. A longer name is sent too; the balancer may refuse it.
	Name string
	// Balancers are the addresses to try. While there are none, there is no stream. An
	// address that can't be dialled counts as one that refuses connections.
	Balancers []resolver.Address
}

// normal returns a copy of t with its own slice, in which an address has only what a
// connection needs: no metadata and no BalancerAttributes, which are for
// policies; no attributes that Go can't compare, because pick_first of the channel would panic;
// and no dot at the end of a server name, which SRV records have and certificates do not.
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

// sameSet reports whether a and b have the same addresses, in any order and with any
// repetitions.
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

package rrgroup

import (
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/tokens"
)

// A backend is one place in a plan's rotation, before it has a SubConn. One of
// the fields is set, as the plan's provenance is.
type backend struct {
	listed   *tokens.Entry
	resolved *resolver.Address
}

// address is what to connect to. A server list says no more than where that is.
func (b backend) address() resolver.Address {
	if b.listed != nil {
		return resolver.Address{Addr: b.listed.Addr}
	}
	return *b.resolved
}

// addr is the address without what else may be known of it.
func (b backend) addr() string {
	if b.listed != nil {
		return b.listed.Addr
	}
	return b.resolved.Addr
}

// token is what the calls carry. Those of a fallback backend carry none.
func (b backend) token() string {
	if b.listed != nil {
		return b.listed.Token
	}
	return ""
}

// metadata is the header that they carry it in.
func (b backend) metadata() metadata.MD {
	if b.listed != nil {
		return b.listed.Metadata
	}
	return nil
}

// has reports whether c is what the pool has for b.
func (c *subConn) has(b backend) bool {
	switch {
	case c.gone || c.address.Addr != b.addr():
		return false
	case b.listed != nil:
		return c.provenance == FromBalancer
	default:
		return c.connects(*b.resolved, FromResolver)
	}
}

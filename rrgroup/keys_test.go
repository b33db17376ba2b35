package rrgroup

import (
	"testing"

	"google.golang.org/grpc/attributes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"
)

func TestHandover_Keys(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a"))
		f.up("a")
		f.adopt(fallback("a"))
		want(t, "SubConns after the same address was named by the resolver", len(f.SubConns()), 2)
		checked := list("a")
		checked.CheckHealth = true
		f.adopt(checked)
		want(t, "SubConns after the same list with health checks", len(f.SubConns()), 3)
		for i, checks := range []bool{false, false, true} {
			want(t, "health checks, by the SubConn itself", f.SubConns()[i].Options.HealthCheckEnabled, checks)
		}
	})
}

func TestHandover_KeysAttributes(t *testing.T) {
	with := func(value string) *Plan {
		return &Plan{Provenance: FromResolver, Endpoints: []resolver.Endpoint{
			{Addresses: []resolver.Address{{Addr: address("a"), Attributes: attributes.New("key", value)}}},
		}}
	}
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(with("x"))
		f.SubConns()[0].SetState(connectivity.Ready)
		f.adopt(with("x"))
		want(t, "SubConns for attributes that compare equal", len(f.SubConns()), 1)
		f.adopt(with("y"))
		want(t, "SubConns for others", len(f.SubConns()), 2)
	})
}

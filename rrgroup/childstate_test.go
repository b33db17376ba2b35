package rrgroup

import (
	"testing"

	"google.golang.org/grpc/attributes"
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/hosted"
)

// The attributes of a child's connections can be compared. gRPC gets the attributes that
// the resolver gave.
func TestSecure_Values_OfFallbackBackends(t *testing.T) {
	plain := attributes.New("zone", "a")
	for name, of := range map[string]struct {
		attributes *attributes.Attributes
		shown      bool
	}{
		"none":  {nil, true},
		"plain": {plain, true},
		"a map": {plain.WithValue("labels", map[string]int{}), false},
	} {
		t.Run(name, func(t *testing.T) {
			s := &scripted{update: func(s *scripted, found resolver.State) error {
				a := found.Addresses[0]
				want(t, "attributes as they are", a.Attributes == of.attributes, of.shown)
				want(t, "equal to themselves", a.Attributes.Equal(a.Attributes.WithValue("more", 1)), false)
				//lint:ignore SA1019 it is deprecated for several addresses
				_, err := s.cc.NewSubConn([]resolver.Address{a}, balancer.NewSubConnOptions{})
				return err
			}}
			inBubble(t, tenSeconds, func(f *fixture) {
				p := fallback("a").with(&hosted.Child{Builder: s})
				p.Endpoints[0].Addresses[0].Attributes = of.attributes
				f.adopt(p)
				want(t, "attributes that are connected by", f.SubConn(1).Address.Attributes == of.attributes, true)
			})
		})
	}
}

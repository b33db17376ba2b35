package hosted

import (
	"google.golang.org/grpc/attributes"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/attrs"
)

// A seal hides attributes that can't be compared, such as a map. Policies compare the
// attributes of addresses, and with these that would panic. The facade removes the seal
// when the child makes a connection.
type seal struct{ inside *attributes.Attributes }

type sealKey struct{}

// Equal reports whether both hide the same attributes.
func (s seal) Equal(o any) bool { return s == o }

// sealed returns the address in the form that a child gets.
func sealed(a resolver.Address) resolver.Address {
	if attrs.Comparable(a.Attributes) != a.Attributes {
		a.Attributes = attributes.New(sealKey{}, seal{a.Attributes})
	}
	return a
}

// unsealed returns the address as the resolver gave it.
func unsealed(a resolver.Address) resolver.Address {
	if s, ok := a.Attributes.Value(sealKey{}).(seal); ok {
		a.Attributes = s.inside
	}
	return a
}

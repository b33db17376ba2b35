// Package attrs compares the attributes of addresses, with values of any type.
package attrs

import "google.golang.org/grpc/attributes"

// Equal reports whether a and b are equal. If Go can't compare one of their values, they are
// not, unless a and b are the same pointer.
func Equal(a, b *attributes.Attributes) (same bool) {
	if a == b {
		return true // grpc-go 1.75 would compare the values even then
	}
	// The values can't be listed, so only a panic shows that == can't compare one of them. It is
	// safe to recover: comparing changes nothing.
	defer func() {
		if recover() != nil {
			same = false
		}
	}()
	return a.Equal(b)
}

// Comparable returns a, or nil if Go can't compare one of its values. It is for attributes that
// go to policies of gRPC which compare them.
func Comparable(a *attributes.Attributes) *attributes.Attributes {
	if a == nil || Equal(a.WithValue(probe{}, 0), a.WithValue(probe{}, 0)) {
		return a
	}
	return nil
}

// probe is a key that makes a copy of attributes, so that they are compared value by value and
// not as one pointer.
type probe struct{}

// Package attrs compares the attributes of addresses, whatever is in them.
package attrs

import "google.golang.org/grpc/attributes"

// Equal reports whether a and b are the same attributes. If one of their values
// can't be compared, they are different ones, unless a and b are one pointer.
func Equal(a, b *attributes.Attributes) (same bool) {
	if a == b {
		return true // grpc-go 1.75 would compare the values even then
	}
	// The values can't be listed, so whether == panics on one of them is only
	// known once it has. Nothing is left half done then: to compare changes
	// nothing.
	defer func() {
		if recover() != nil {
			same = false
		}
	}()
	return a.Equal(b)
}

// Comparable returns a, or nil if Go can't compare one of its values. It is for
// what is handed to policies of gRPC's that compare attributes themselves.
func Comparable(a *attributes.Attributes) *attributes.Attributes {
	if a == nil || Equal(a.WithValue(probe{}, 0), a.WithValue(probe{}, 0)) {
		return a
	}
	return nil
}

// probe is the key of a value that makes two attributes of one, which are then
// compared value by value.
type probe struct{}

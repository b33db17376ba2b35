package hosted

import (
	"sync/atomic"

	"google.golang.org/grpc/attributes"
	"google.golang.org/grpc/resolver"
)

// tokenKey is the key of a backend's token in attributes.
type tokenKey struct{}

// A token is the value under tokenKey in the attributes of a backend. Policies compare
// attributes. Because of came, backends that came with different tokens are not equal.
type token struct {
	came string    // the token that the backend came with
	now  *newToken // the token that it has now
}

// A newToken is the token of an address in the latest list that a child was given. Policies
// such as base's keep an address in the form in which it first came. Through this pointer
// they find the new token.
type newToken = atomic.Pointer[string] // minder → whoever calls TokenOf

// The token of an address is in its BalancerAttributes. gRPC has deprecated them. But
// Attributes are part of the identity of an address: with the token there, a policy such
// as base's would take each new token for a new backend.

// withToken returns a with attributes that have a token.
func withToken(a resolver.Address, of *attributes.Attributes) resolver.Address {
	//lint:ignore SA1019 see above
	a.BalancerAttributes = of
	return a
}

// bare returns a without its BalancerAttributes, which are for policies and make no
// difference to the connection.
func bare(a resolver.Address) resolver.Address {
	//lint:ignore SA1019 see above
	a.BalancerAttributes = nil
	return a
}

// TokenOf returns the LB token of a backend that a child policy was given. It returns false
// for a fallback backend, which has none. The token is that of the first entry with this
// address in the latest list that the child was given. a may come from an earlier list, if
// each list since then has named the address.
func TokenOf(a resolver.Address) (string, bool) {
	//lint:ignore SA1019 see above
	t, ok := a.BalancerAttributes.Value(tokenKey{}).(token)
	if !ok {
		return "", false
	}
	return *t.now.Load(), true
}

// TokenOfEndpoint is TokenOf for child policies that use endpoints. It returns the token that
// the endpoint came with.
func TokenOfEndpoint(e resolver.Endpoint) (string, bool) {
	t, ok := e.Attributes.Value(tokenKey{}).(token)
	return t.came, ok
}

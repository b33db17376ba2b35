package hosted

import (
	"sync/atomic"

	"google.golang.org/grpc/attributes"
	"google.golang.org/grpc/resolver"
)

// tokenKey is the key of a backend's token in attributes.
type tokenKey struct{}

// A token is what the attributes of a backend have under tokenKey. Attributes are
// compared, and came is in it so that a backend that came with another token is not
// equal.
type token struct {
	came string    // the token that the backend came with
	now  *newToken // the token that it has now
}

// A newToken is the token of an address in the list that a child was given last.
// Policies may keep an address as it came first: base's does, for its SubConn, and
// would go on telling its picker the first token.
type newToken = atomic.Pointer[string] // minder → whoever calls TokenOf

// The token of an address is among its BalancerAttributes. They are deprecated,
// and without them a policy that goes by addresses, as base's does, would see a
// new backend wherever a token changes: Attributes are part of an address.

// withToken returns a with attributes that have a token.
func withToken(a resolver.Address, of *attributes.Attributes) resolver.Address {
	//lint:ignore SA1019 see above
	a.BalancerAttributes = of
	return a
}

// bare returns a without what resolvers and policies tell policies about it,
// which is no part of what is connected to.
func bare(a resolver.Address) resolver.Address {
	//lint:ignore SA1019 see above
	a.BalancerAttributes = nil
	return a
}

// TokenOf returns the LB token of a backend that a child policy was given, and
// whether there is one: a fallback backend has none. It is that of the first
// entry of the address in the list that the child was given last, also if a is
// from an earlier one, as long as each list since has named it.
func TokenOf(a resolver.Address) (string, bool) {
	//lint:ignore SA1019 see above
	t, ok := a.BalancerAttributes.Value(tokenKey{}).(token)
	if !ok {
		return "", false
	}
	return *t.now.Load(), true
}

// TokenOfEndpoint is TokenOf for child policies that go by endpoints. It returns the
// token that the endpoint came with.
func TokenOfEndpoint(e resolver.Endpoint) (string, bool) {
	t, ok := e.Attributes.Value(tokenKey{}).(token)
	return t.came, ok
}

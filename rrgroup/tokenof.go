package rrgroup

import (
	"sync/atomic"

	"google.golang.org/grpc/attributes"
	"google.golang.org/grpc/resolver"
)

// tokenKey is the key of a backend's token in attributes.
type tokenKey struct{}

// A liveToken is the token of an address, as the list that a child was given
// last has it. Policies may keep an address as it came first: base's does, for
// its SubConn, and would tell its picker the first token for ever.
type liveToken = atomic.Pointer[string]

// An addressToken is what an address has under tokenKey. It is compared where
// addresses are, and the token it came with is in it so that one that came with
// another is not equal.
type addressToken struct {
	first string
	now   *liveToken // group → whoever calls TokenOf
}

func withToken(a *attributes.Attributes, token string) *attributes.Attributes {
	return a.WithValue(tokenKey{}, token)
}

// The token of an address is among its BalancerAttributes. They are deprecated,
// and without them a policy that goes by addresses, as base's does, would see a
// new backend wherever a token changes: Attributes are part of an address.

// tokened returns a with a token, which now holds.
func tokened(a resolver.Address, token string, now *liveToken) resolver.Address {
	var none *attributes.Attributes
	//lint:ignore SA1019 see above
	a.BalancerAttributes = none.WithValue(tokenKey{}, addressToken{token, now})
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
func TokenOf(a resolver.Address) (token string, ok bool) {
	//lint:ignore SA1019 see above
	t, ok := a.BalancerAttributes.Value(tokenKey{}).(addressToken)
	if !ok {
		return "", false
	}
	return *t.now.Load(), true
}

// TokenOfEndpoint is TokenOf for child policies that go by endpoints.
func TokenOfEndpoint(e resolver.Endpoint) (token string, ok bool) {
	token, ok = e.Attributes.Value(tokenKey{}).(string)
	return token, ok
}

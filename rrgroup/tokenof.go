package rrgroup

import (
	"google.golang.org/grpc/attributes"
	"google.golang.org/grpc/resolver"
)

// tokenKey is the key of a backend's token in attributes.
type tokenKey struct{}

func withToken(a *attributes.Attributes, token string) *attributes.Attributes {
	return a.WithValue(tokenKey{}, token)
}

// The token of an address is among its BalancerAttributes. They are deprecated,
// and without them a policy that goes by addresses, as base's does, would see a
// new backend wherever a token changes: Attributes are part of an address.

// tokened returns a with a token.
func tokened(a resolver.Address, token string) resolver.Address {
	//lint:ignore SA1019 see above
	a.BalancerAttributes = withToken(nil, token)
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
// entry of the address in the list.
func TokenOf(a resolver.Address) (token string, ok bool) {
	//lint:ignore SA1019 see above
	token, ok = a.BalancerAttributes.Value(tokenKey{}).(string)
	return token, ok
}

// TokenOfEndpoint is TokenOf for child policies that go by endpoints.
func TokenOfEndpoint(e resolver.Endpoint) (token string, ok bool) {
	token, ok = e.Attributes.Value(tokenKey{}).(string)
	return token, ok
}

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

// TokenOf returns the LB token of a backend that a child policy was given, and
// whether there is one: a fallback backend has none. It is that of the first
// entry of the address in the list.
func TokenOf(a resolver.Address) (token string, ok bool) {
	token, ok = a.BalancerAttributes.Value(tokenKey{}).(string)
	return token, ok
}

// TokenOfEndpoint is TokenOf for child policies that go by endpoints.
func TokenOfEndpoint(e resolver.Endpoint) (token string, ok bool) {
	token, ok = e.Attributes.Value(tokenKey{}).(string)
	return token, ok
}

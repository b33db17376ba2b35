package rrgroup

import (
	"google.golang.org/grpc/attributes"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/attrs"
)

// liveTokens are the tokens of addresses, by address, in the list that a child was
// given last. They belong to its minder.
type liveTokens map[string]*liveToken

// state is the plan as a child is told of it.
func (t *liveTokens) state(p *Plan) resolver.State {
	if p.Provenance == FromResolver {
		return resolved(p.Endpoints)
	}
	return t.listed(p)
}

// listed has each address of a list once, in the order of the list, with the token
// where TokenOf finds it, and from then on in the addresses of earlier plans too.
func (t *liveTokens) listed(p *Plan) (s resolver.State) {
	known := *t
	*t = make(liveTokens, len(known))
	for _, b := range p.backends() {
		if (*t)[b.Addr] != nil {
			continue
		}
		now, token := known[b.Addr], b.Token
		if now == nil {
			now = new(liveToken)
		}
		now.Store(&token)
		(*t)[b.Addr] = now
		a := resolver.Address{Addr: b.Addr}
		s.Endpoints = append(s.Endpoints, resolver.Endpoint{
			Addresses:  []resolver.Address{a},
			Attributes: withToken(nil, token),
		})
		s.Addresses = append(s.Addresses, tokened(a, token, now))
	}
	return s
}

// resolved has what the resolver has found, as it was found.
func resolved(endpoints []resolver.Endpoint) (s resolver.State) {
	for _, e := range endpoints {
		shown := resolver.Endpoint{Attributes: e.Attributes}
		for _, a := range e.Addresses {
			shown.Addresses = append(shown.Addresses, sealed(a))
		}
		s.Endpoints = append(s.Endpoints, shown)
		s.Addresses = append(s.Addresses, shown.Addresses...)
	}
	return s
}

// A seal hides attributes that can't be compared, as one that is a map can't:
// policies compare the attributes of addresses, gRPC's own too, and gRPC panics
// then. The facade opens it when the child connects.
type seal struct{ inside *attributes.Attributes }

type sealKey struct{}

// Equal reports whether both hide the same attributes.
func (s seal) Equal(o any) bool { return s == o }

// sealed returns the address as a child is shown it.
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

package hosted

import (
	"google.golang.org/grpc/attributes"
	"google.golang.org/grpc/resolver"
)

// liveTokens are the tokens in the latest list that a child was given, by address. The child's
// minder owns the map.
type liveTokens map[string]*newToken

// state returns the plan in the form in which a child gets it.
func (t *liveTokens) state(p *Plan) resolver.State {
	if !p.Listed {
		return resolved(p.Endpoints)
	}
	return t.listed(p)
}

// listed returns each address of a list once, in the order of the list, with its token for
// [TokenOf]. It also changes the token that TokenOf finds for the same address of earlier
// plans.
func (t *liveTokens) listed(p *Plan) (s resolver.State) {
	known := *t
	*t = make(liveTokens, p.Size)
	s.Endpoints = make([]resolver.Endpoint, 0, p.Size)
	s.Addresses = make([]resolver.Address, 0, p.Size)
	bare := make([]resolver.Address, 0, p.Size) // of the endpoints
	for _, b := range p.Backends {
		if (*t)[b.Addr] != nil {
			continue
		}
		now := known[b.Addr]
		if now == nil {
			now = new(newToken)
		}
		now.Store(&b.Token)
		(*t)[b.Addr] = now
		a, of := resolver.Address{Addr: b.Addr}, attributes.New(tokenKey{}, token{b.Token, now})
		bare = append(bare, a)
		s.Endpoints = append(s.Endpoints, resolver.Endpoint{Addresses: bare[len(bare)-1 : len(bare) : len(bare)], Attributes: of})
		s.Addresses = append(s.Addresses, withToken(a, of))
	}
	return s
}

// resolved returns the endpoints that the resolver has found, with attributes sealed.
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

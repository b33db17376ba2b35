package hosted

import (
	"google.golang.org/grpc/attributes"
	"google.golang.org/grpc/resolver"
)

// liveTokens are the tokens of addresses, by address, in the list that a child was
// given last. They belong to its minder.
type liveTokens map[string]*newToken

// state returns the plan as a child is told of it.
func (t *liveTokens) state(p *Plan) resolver.State {
	if !p.Listed {
		return resolved(p.Endpoints)
	}
	return t.listed(p)
}

// listed has each address of a list once, in the order of the list, with its token
// where [TokenOf] finds it. From then on TokenOf finds it in the addresses of earlier
// plans too.
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

// resolved has what the resolver has found, with the attributes sealed.
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

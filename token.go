package grpclb

import (
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/rrgroup"
)

// Token returns the LB token of a backend, and whether it has one. It is for
// child policies (Config.ChildPolicy), which are given the token with each
// address of a server list and may use it to tell backends apart. An address
// that is listed more than once is given to a child once, with the token of its
// first entry; what calls send is each entry's own. A fallback backend has no
// token, and neither has an address that comes from elsewhere. A token that the
// balancer left out, or that can't be sent, is the empty one, and there.
//
// A child hears of a changed token in UpdateClientConnState. What package base
// passes to a base.PickerBuilder is the address as it came first, and so its
// first token.
func Token(a resolver.Address) (token string, ok bool) { return rrgroup.TokenOf(a) }

// EndpointToken is Token for child policies that go by endpoints.
func EndpointToken(e resolver.Endpoint) (token string, ok bool) { return rrgroup.TokenOfEndpoint(e) }

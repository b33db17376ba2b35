package grpclb

import (
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/hosted"
)

// Token returns the LB token of a backend, and whether it has one. It is for
// child policies (Config.ChildPolicy), which are given the token with each
// address of a server list and may use it to tell backends apart. An address
// that is listed more than once is given to a child once, with the token of its
// first entry; what calls send is each entry's own. A fallback backend has no
// token, and neither has an address that comes from elsewhere. A token that the
// balancer left out, or that can't be sent, is the empty one, and there.
//
// The token is that of the newest list that the child was given, whenever a
// came, as long as each list since has named it: a child hears of a change in
// UpdateClientConnState, and one made with package base, which keeps addresses as
// they came first, has its PickerBuilder called then. Comparing addresses tells
// with which token each came.
func Token(a resolver.Address) (token string, ok bool) { return hosted.TokenOf(a) }

// EndpointToken is Token for child policies that go by endpoints. It tells the
// token that the endpoint came with.
func EndpointToken(e resolver.Endpoint) (token string, ok bool) { return hosted.TokenOfEndpoint(e) }

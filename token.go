package grpclb

import (
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/hosted"
)

// Token returns the LB token of a backend, and whether it has one. It is for child policies
// (Config.ChildPolicy), which may use it to tell backends apart. A child policy gets each
// address of a list once, even if it is listed more often, with the token of its first entry;
// calls send the tokens of all entries in turn. A fallback backend has no token, nor has an
// address that does not come from this policy. If the balancer sent no token, or one that can't be
// sent, Token returns "", true.
//
// The token is that of the newest list, also for an address that came with an earlier one, as long as
// every list since has named it. A child policy hears of a new token in UpdateClientConnState. One
// made with package base, which keeps the addresses that came first, has its PickerBuilder called
// then. Addresses that came with different tokens are not Equal.
func Token(a resolver.Address) (token string, ok bool) { return hosted.TokenOf(a) }

// EndpointToken is Token for child policies that use endpoints. It returns the token that the
// endpoint came with.
func EndpointToken(e resolver.Endpoint) (token string, ok bool) { return hosted.TokenOfEndpoint(e) }

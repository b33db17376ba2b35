package lbresolver

import (
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/serviceconfig"

	"github.com/actorlb/grpclb/actor"
)

// A message is what the resolver's loop can be told. Who sends what:
//
//	the DNS resolver  → addressesFound, addressesFailed
//	a look-up         → ended
//
// What can be queued is bounded: the DNS resolver speaks once in its interval,
// and there is one look-up at a time. That gRPC asks to resolve again is not a
// message, because it asks as often as it likes; see handle.
type message interface{ isMessage() }

type (
	// addressesFound: the DNS resolver has found these, or that there are none.
	addressesFound struct{ state resolver.State }
	// addressesFailed: the DNS resolver could not find out.
	addressesFailed struct{ err error }
	// ended: the look-up for balancers has ended.
	ended struct{ answer answer }
)

func (addressesFound) isMessage()  {}
func (addressesFailed) isMessage() {}
func (ended) isMessage()           {}

// A listener is what the DNS resolver takes for the channel. It posts what it
// is told, so the DNS resolver never waits for us, nor we for it. If nobody sees
// that, the resolver is closed.
type listener struct {
	resolver.ClientConn // the channel's
	inbox               *actor.Inbox[message]
	choose              bool // the policy, where a service config does not
}

// UpdateState takes over what was found.
func (l listener) UpdateState(s resolver.State) error {
	l.inbox.Send(addressesFound{s})
	return nil
}

// ReportError takes over that nothing was.
func (l listener) ReportError(err error) { l.inbox.Send(addressesFailed{err}) }

// NewAddress is how resolvers said it once.
func (l listener) NewAddress(addresses []resolver.Address) {
	l.inbox.Send(addressesFound{resolver.State{Addresses: addresses}})
}

// ParseServiceConfig parses the service config that DNS has. It is empty if
// that is for other clients only, and counts as none.
func (l listener) ParseServiceConfig(text string) *serviceconfig.ParseResult {
	if text == "" {
		return nil
	}
	if l.choose {
		text = withPolicy(text)
	}
	return l.ClientConn.ParseServiceConfig(text)
}

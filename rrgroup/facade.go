package rrgroup

import (
	"errors"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/actor"
)

// A facade is the channel as a child policy sees it. Its methods may be called
// from anywhere, also from within a call of the group's into the child; they
// only post messages. What it does not have itself is the real channel's.
type facade struct {
	balancer.ClientConn
	host  *host
	inbox *actor.Inbox[message] // child → group
}

var errOneAddress = errors.New("grpclb: a SubConn has one address")

// NewSubConn makes a connection for the child, of those in the pool if there is
// one for the address. More than one address is refused.
func (f *facade) NewSubConn(addresses []resolver.Address, o balancer.NewSubConnOptions) (balancer.SubConn, error) {
	if len(addresses) != 1 {
		return nil, errOneAddress
	}
	c := &childConn{host: f.host, address: addresses[0], listener: o.StateListener, inbox: f.inbox}
	f.inbox.Send(childMakes{c})
	return c, nil
}

// UpdateState takes over what the child publishes.
func (f *facade) UpdateState(s balancer.State) { f.inbox.Send(childSays{f.host, &s}) }

// RemoveSubConn is how SubConns were shut down once.
func (f *facade) RemoveSubConn(sc balancer.SubConn) { sc.Shutdown() }

// UpdateAddresses does nothing; see childConn.UpdateAddresses.
func (f *facade) UpdateAddresses(balancer.SubConn, []resolver.Address) { refuseUpdate() }

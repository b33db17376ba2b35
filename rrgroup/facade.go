package rrgroup

import (
	"errors"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/actor"
)

// A facade is the channel as a child policy sees it. Its methods may be called
// from anywhere: the group, which they tell or ask, never waits for a child.
// What it does not have itself is the real channel's.
type facade struct {
	balancer.ClientConn
	host  *host
	inbox *actor.Inbox[message] // child → group
}

var (
	errOneAddress = errors.New("grpclb: a SubConn of a child policy has one address")
	errClosed     = errors.New("grpclb: the child policy is closed, and gets no more SubConns")
)

// NewSubConn makes a connection for the child, over a SubConn of the pool if there
// is one for the address. It returns an error if gRPC does, and for any other
// number of addresses than one: gRPC has deprecated that, and it would not say
// which address is connected to, so nobody would know the token to send.
func (f *facade) NewSubConn(addresses []resolver.Address, o balancer.NewSubConnOptions) (balancer.SubConn, error) {
	if len(addresses) != 1 {
		return nil, errOneAddress
	}
	c := &childConn{host: f.host, address: unsealed(addresses[0]), options: o, listener: o.StateListener, inbox: f.inbox}
	reply := make(chan error, 1)
	if !f.inbox.Send(childMakes{c, reply}) {
		return nil, errClosed
	}
	if err := <-reply; err != nil {
		return nil, err
	}
	return c, nil
}

// UpdateState takes over what the child publishes.
func (f *facade) UpdateState(s balancer.State) { f.inbox.Send(childSays{f.host, &s}) }

// RemoveSubConn is how SubConns were shut down once.
func (f *facade) RemoveSubConn(sc balancer.SubConn) { sc.Shutdown() }

// UpdateAddresses does nothing; see childConn.UpdateAddresses.
func (f *facade) UpdateAddresses(balancer.SubConn, []resolver.Address) { refuseUpdate() }

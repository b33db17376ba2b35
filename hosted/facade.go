package hosted

import (
	"errors"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/resolver"
)

// A facade is the channel as a child policy sees it. Its methods may be called
// from anywhere: the group, which they tell or ask, never waits for a child.
// What it does not implement itself goes to the real channel.
type facade struct {
	balancer.ClientConn
	instance *Instance
	inbox    Inbox // child → group
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
	c := NewConn(f.instance, f.inbox, unsealed(addresses[0]), o)
	if !f.inbox.Send(Makes{c}) {
		return nil, errClosed
	}
	if err := <-c.answer; err != nil {
		return nil, err
	}
	return c, nil
}

// UpdateState tells the group what the child publishes.
func (f *facade) UpdateState(s balancer.State) { f.inbox.Send(Says{f.instance, &s}) }

// RemoveSubConn is how SubConns were shut down once.
func (f *facade) RemoveSubConn(sc balancer.SubConn) { sc.Shutdown() }

// UpdateAddresses does nothing; see [Conn.UpdateAddresses].
func (f *facade) UpdateAddresses(balancer.SubConn, []resolver.Address) {
	f.inbox.Send(misused(f.instance))
}

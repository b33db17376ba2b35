package hosted

import (
	"errors"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/resolver"
)

// A facade is the ClientConn of a child policy. Any goroutine may call its methods. They send
// messages to the group, and NewSubConn waits for its answer; the group never waits for a
// child. Other methods, such as ResolveNow, are those of the real channel.
type facade struct {
	balancer.ClientConn
	instance *Instance
	inbox    Inbox // child → group
}

var (
	errOneAddress = errors.New("grpclb: a child policy must give each SubConn exactly one address")
	errUnlisted   = errors.New("grpclb: the server list of the child policy does not name this address")
	errClosed     = errors.New("grpclb: the child policy is closed, and gets no more SubConns")
)

// NewSubConn makes a connection for the child. It uses a SubConn of the pool for the address,
// or has gRPC make one. It returns an error if gRPC refuses, if the child's latest server list
// does not name the address, and if there is not exactly one address: gRPC has deprecated
// several addresses, and does not tell which of them it has connected to, so the token to send
// would not be known.
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

// RemoveSubConn shuts a SubConn down. gRPC has deprecated it.
func (f *facade) RemoveSubConn(sc balancer.SubConn) { sc.Shutdown() }

// UpdateAddresses does nothing; see [Conn.UpdateAddresses].
func (f *facade) UpdateAddresses(balancer.SubConn, []resolver.Address) {
	f.inbox.Send(misused(f.instance))
}

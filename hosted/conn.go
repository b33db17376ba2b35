package hosted

import (
	"sync/atomic"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"
)

// A Conn is a connection of a child: what the child takes for a SubConn. It uses a SubConn
// of the group's pool, which others may use too. Any goroutine may call its methods. They
// send messages, or call gRPC's SubConn directly.
type Conn struct {
	balancer.SubConn // nil: gRPC requires that it is embedded; Conn has all methods itself

	// Fixed before the child gets it.
	by       *Instance
	address  resolver.Address
	options  balancer.NewSubConnOptions
	listener func(balancer.SubConnState)
	inbox    Inbox            // child → group
	answer   chan error       // group → child, room for one: nil, or why it does not get the connection
	sc       balancer.SubConn // gRPC's; the group sets it before it answers

	// Written by the child, and reset by the minder.
	health atomic.Pointer[healthListener] // the listener for the connection's health; nil: none

	// Written by the group, read by picks: the seats in the last two terms of the child
	// that had seats. Pickers of earlier terms are not in use: those terms are retired.
	seats [2]atomic.Pointer[seat]

	// Owned by the group.
	sub           SubConn
	users         *Users             // of sub
	listening     bool               // the child has asked to connect, and is told the states of sub
	told          connectivity.State // the state that the child was told last
	listens       *healthListener    // is told of the health of sub; nil: none
	shut          bool               // the child has shut it down, did not get it, or is closed
	amongInstance int                // its place in Instance.conns
	amongUsers    int                // its place in Users.conns
}

// NewConn returns a connection that a child asks for. It has to be sent to the group; see
// [Makes].
func NewConn(by *Instance, inbox Inbox, a resolver.Address, o balancer.NewSubConnOptions) *Conn {
	return &Conn{by: by, inbox: inbox, answer: make(chan error, 1), address: a, options: o, listener: o.StateListener}
}

// By returns the child that made the connection.
func (c *Conn) By() *Instance { return c.by }

// Connect asks the group to connect the SubConn.
func (c *Conn) Connect() { c.inbox.Send(Connects{c}) }

// Shutdown tells the group that the child does not need the connection any more. The
// SubConn stays open if others need it.
func (c *Conn) Shutdown() { c.inbox.Send(Shuts{c}) }

// UpdateAddresses does nothing but have a line logged: gRPC has deprecated it.
func (c *Conn) UpdateAddresses([]resolver.Address) { c.inbox.Send(misused(c.by)) }

// String returns the address, for logs.
func (c *Conn) String() string { return c.address.Addr }

// report orders the minder to tell the child a state. The child's health listener is removed,
// as in gRPC.
func (c *Conn) report(s balancer.SubConnState) {
	c.told, c.listens = s.ConnectivityState, nil
	c.by.order(Report{c, s})
}

// catchUp returns the states to report to a child that asks to connect. So far the child
// takes the connection for IDLE, although the SubConn may have another state because others
// use it.
func (c *Conn) catchUp() []balancer.SubConnState {
	connecting := balancer.SubConnState{ConnectivityState: connectivity.Connecting}
	switch c.sub.State() {
	case connectivity.Connecting:
		return []balancer.SubConnState{connecting}
	case connectivity.Ready:
		return []balancer.SubConnState{connecting, {ConnectivityState: connectivity.Ready}}
	case connectivity.TransientFailure:
		return []balancer.SubConnState{connecting, {ConnectivityState: connectivity.TransientFailure, ConnectionError: c.sub.Err()}}
	default:
		return nil
	}
}

// detach detaches the connection from its SubConn.
func (c *Conn) detach() {
	c.shut = true
	c.users.detach(c)
}

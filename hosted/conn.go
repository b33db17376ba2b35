package hosted

import (
	"sync/atomic"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"
)

// A Conn is a connection of a child: the SubConn that the child holds. Behind it is
// one of the group's pool, which others may use too. Its methods may be called from
// anywhere. They post messages, or go straight to gRPC's SubConn.
type Conn struct {
	balancer.SubConn // nil: gRPC wants it embedded; every method is below

	// Fixed before the child gets it.
	by       *Instance
	address  resolver.Address
	options  balancer.NewSubConnOptions
	listener func(balancer.SubConnState)
	inbox    Inbox            // child → group
	answer   chan error       // group → child: why it does not get the connection, or nil; has room for it
	sc       balancer.SubConn // gRPC's; the group sets it before it answers

	// Written by the child, and reset by the minder.
	health atomic.Pointer[healthListener] // hears of its health; nil: nobody

	// Written by the group, read by picks: its seats in the two terms of the child
	// that had seats last. Only their pickers may be in use: earlier terms are retired.
	seats [2]atomic.Pointer[seat]

	// Owned by the group.
	sub           SubConn
	users         *Users // of sub
	listening     bool   // the child has asked to connect, and is told what follows
	told          connectivity.State
	listens       *healthListener // who is told of its health
	shut          bool
	amongInstance int // its places in the instance's connections,
	amongUsers    int // and in those over the same SubConn
}

// NewConn returns a connection that a child asks for. The group has to hear of it; see
// [Makes].
func NewConn(by *Instance, inbox Inbox, a resolver.Address, o balancer.NewSubConnOptions) *Conn {
	return &Conn{by: by, inbox: inbox, answer: make(chan error, 1), address: a, options: o, listener: o.StateListener}
}

// By returns the child that made the connection.
func (c *Conn) By() *Instance { return c.by }

// Connect asks for the connection.
func (c *Conn) Connect() { c.inbox.Send(Connects{c}) }

// Shutdown gives the connection up. Others may keep it open.
func (c *Conn) Shutdown() { c.inbox.Send(Shuts{c}) }

// UpdateAddresses does nothing: it was deprecated before this policy was made.
func (c *Conn) UpdateAddresses([]resolver.Address) { c.inbox.Send(misused(c.by)) }

// String names the connection in logs.
func (c *Conn) String() string { return c.address.Addr }

// report has the child told a state. Reports of health end with the state before.
func (c *Conn) report(s balancer.SubConnState) {
	c.told, c.listens = s.ConnectivityState, nil
	c.by.order(Report{c, s})
}

// catchUp returns the states to report to a child that asks to connect: to the
// child the connection was IDLE so far, whatever it is to others.
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

// detach takes the connection off its SubConn.
func (c *Conn) detach() {
	c.shut = true
	c.users.detach(c)
}

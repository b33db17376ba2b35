package rrgroup

import (
	"sync/atomic"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/actor"
)

// A childConn is the SubConn that a child policy holds. Behind it is one of the
// pool, which others may use too. Its methods may be called from anywhere. They
// post messages, or go straight to gRPC's SubConn.
type childConn struct {
	balancer.SubConn // nil: gRPC wants it embedded; every method is below

	// Fixed before the child gets it.
	host     *host
	address  resolver.Address
	options  balancer.NewSubConnOptions
	listener func(balancer.SubConnState)
	inbox    *actor.Inbox[message] // child → group
	sc       balancer.SubConn      // gRPC's; the group sets it before it answers

	// The child sets it, and the minder takes it back.
	health atomic.Pointer[healthListener] // hears of its health; nil: nobody

	// Owned by the group.
	conn      *subConn
	listening bool // the child has asked to connect and waits for what becomes of it
	told      connectivity.State
	listens   *healthListener // who is told of its health
	shut      bool
	amongHost int // its places in the host's connections,
	amongConn int // and in those over the same SubConn
}

// Connect asks for the connection.
func (c *childConn) Connect() { c.inbox.Send(childConnects{c}) }

// Shutdown gives the connection up. Others may keep it open.
func (c *childConn) Shutdown() { c.inbox.Send(childShuts{c}) }

// UpdateAddresses does nothing: it was deprecated before this policy was made.
func (c *childConn) UpdateAddresses([]resolver.Address) { refuseUpdate() }

func refuseUpdate() {
	logger.Warning("the child policy calls UpdateAddresses, which is ignored")
}

// String names the connection in logs.
func (c *childConn) String() string { return c.address.Addr }

// catchUp returns the states to report to a child that asks to connect: it was
// IDLE to it so far, whatever it is to others.
func (c *childConn) catchUp() []balancer.SubConnState {
	connecting := balancer.SubConnState{ConnectivityState: connectivity.Connecting}
	switch c.conn.state {
	case connectivity.Connecting:
		return []balancer.SubConnState{connecting}
	case connectivity.Ready:
		return []balancer.SubConnState{connecting, {ConnectivityState: connectivity.Ready}}
	case connectivity.TransientFailure:
		return []balancer.SubConnState{connecting, {ConnectivityState: connectivity.TransientFailure, ConnectionError: c.conn.err}}
	default:
		return nil
	}
}

// A hosting is who uses a SubConn on behalf of child policies.
type hosting struct {
	conns  []*childConn
	holder *generation // the latest of a child's that holds it
	minder *host       // of the child that got it last
	watch  *watch      // of its health, while it is READY and a child listens
}

// attach gives the SubConn to one more of a child's connections.
func (c *subConn) attach(hc *childConn) {
	if c.hosted == nil {
		c.hosted = new(hosting)
	}
	c.hosted.minder = hc.host
	hc.amongConn = len(c.hosted.conns)
	c.hosted.conns = append(c.hosted.conns, hc)
}

// detach takes it from one.
func (c *subConn) detach(hc *childConn) {
	conns, last := c.hosted.conns, len(c.hosted.conns)-1
	conns[hc.amongConn] = conns[last]
	conns[hc.amongConn].amongConn = hc.amongConn
	conns[last] = nil
	c.hosted.conns = conns[:last]
}

// leftBy forgets a generation that has ended.
func (c *subConn) leftBy(g *generation) {
	if c.hosted != nil && c.hosted.holder == g {
		c.hosted.holder = nil
	}
}

// childConns returns the connections of children that the SubConn is behind.
func (c *subConn) childConns() []*childConn {
	if c.hosted == nil {
		return nil
	}
	return c.hosted.conns
}

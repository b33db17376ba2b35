package rrgroup

import (
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/actor"
)

// A childConn is the SubConn that a child policy holds. Behind it is one of the
// pool, which others may use too. Its methods may be called from anywhere; they
// only post messages to the group.
type childConn struct {
	balancer.SubConn // nil: gRPC wants it embedded; every method is below

	// Fixed when the child made it.
	host     *host
	address  resolver.Address
	listener func(balancer.SubConnState)
	inbox    *actor.Inbox[message] // child → group

	// Set by the group before it reports the first state.
	conn *subConn

	// Owned by the group.
	listening bool // the child has asked to connect and waits for what becomes of it
	shut      bool
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

// GetOrBuildProducer passes on to the SubConn behind it, which there is by the
// time that a child hears of READY, as gRPC wants it. Before that it is nil.
func (c *childConn) GetOrBuildProducer(b balancer.ProducerBuilder) (balancer.Producer, func()) {
	if c.conn == nil || c.conn.sc == nil {
		logger.Warning("the child policy asks for a producer of a connection that is not READY")
		return nil, func() {}
	}
	return c.conn.sc.GetOrBuildProducer(b)
}

// RegisterHealthListener has the listener told READY. Where health is checked
// at all (in fallback, see gRFC A17) the SubConn is not READY before it is
// healthy.
func (c *childConn) RegisterHealthListener(listener func(balancer.SubConnState)) {
	if listener != nil {
		c.inbox.Send(childHealth{c, listener})
	}
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
}

// attach gives the SubConn to one more of a child's connections.
func (c *subConn) attach(hc *childConn) {
	if c.hosted == nil {
		c.hosted = new(hosting)
	}
	c.hosted.conns = append(c.hosted.conns, hc)
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

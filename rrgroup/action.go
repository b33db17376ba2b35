package rrgroup

import "google.golang.org/grpc/balancer"

// An action is what the core wants done. The loop does them in order. Most of
// them are one pointer, so that to bring up many SubConns costs no memory for
// saying so.
type action interface{ action() }

// makeSubConn: have gRPC make conn.
type makeSubConn struct{ conn *subConn }

// connect: have conn connect.
type connect struct{ conn *subConn }

// shutDown: shut conn down.
type shutDown struct{ conn *subConn }

// publish: give state to gRPC.
type publish struct{ state balancer.State }

// released: tell the pending calls up to epoch that they can be picked.
type released struct{ epoch uint64 }

// retire: let the generation end.
type retire struct{ generation *generation }

// mind: start the minder of the host's child.
type mind struct{ host *host }

// tellMinder: send an order to it.
type tellMinder struct {
	host  *host
	order order
}

// handOver: tell the child what became of the connection that it has asked for.
type handOver struct {
	conn  *childConn
	reply chan<- error
}

func (makeSubConn) action() {}
func (connect) action()     {}
func (shutDown) action()    {}
func (publish) action()     {}
func (released) action()    {}
func (retire) action()      {}
func (mind) action()        {}
func (tellMinder) action()  {}
func (handOver) action()    {}

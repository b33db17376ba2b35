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

// updateChild: give the host's child the plan of the generation.
type updateChild struct {
	host       *host
	generation *generation
}

// wakeChild: have the child leave its idle state.
type wakeChild struct{ host *host }

// nudgeChild: ask the child's picker, which may have it connect.
type nudgeChild struct{ host *host }

// tellChild: report to the child on one of its connections.
type tellChild struct {
	conn   *childConn
	report balancer.SubConnState
}

// closeChild: end the child.
type closeChild struct{ host *host }

func (makeSubConn) action() {}
func (connect) action()     {}
func (shutDown) action()    {}
func (publish) action()     {}
func (released) action()    {}
func (retire) action()      {}
func (updateChild) action() {}
func (wakeChild) action()   {}
func (nudgeChild) action()  {}
func (tellChild) action()   {}
func (closeChild) action()  {}

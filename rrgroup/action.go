package rrgroup

import (
	"google.golang.org/grpc/balancer"

	"github.com/actorlb/grpclb/hosted"
)

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

// forChild: do what the children want.
type forChild struct{ task hosted.Task }

func (makeSubConn) action() {}
func (connect) action()     {}
func (shutDown) action()    {}
func (publish) action()     {}
func (released) action()    {}
func (retire) action()      {}
func (forChild) action()    {}

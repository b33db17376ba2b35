package rrgroup

import (
	"google.golang.org/grpc/balancer"

	"github.com/actorlb/grpclb/hosted"
	"github.com/actorlb/grpclb/internal/diary"
)

// An action is something to be done for the core. The loop does the actions in order.
// Most are one pointer, which takes no memory of its own in an interface: there are
// tens of thousands when a large list comes.
type action interface{ action() }

// makeSubConn: have gRPC make conn.
type makeSubConn struct{ conn *subConn }

// connect: have conn connect.
type connect struct{ conn *subConn }

// shutDown: shut conn down.
type shutDown struct{ conn *subConn }

// publish: give state to gRPC.
type publish struct{ state balancer.State }

// released: tell the pending queue that calls up to this epoch can be served.
type released struct{ epoch uint64 }

// retire: have no pick of the generation succeed any more, and have it drain.
type retire struct{ generation *generation }

// forChild: do something for a child.
type forChild struct{ task hosted.Task }

// note: have the diary note this for the log.
type note struct{ remark diary.Remark }

func (makeSubConn) action() {}
func (connect) action()     {}
func (shutDown) action()    {}
func (publish) action()     {}
func (released) action()    {}
func (retire) action()      {}
func (forChild) action()    {}
func (note) action()        {}

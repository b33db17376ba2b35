package rrgroup

import (
	"google.golang.org/grpc/balancer"

	"github.com/actorlb/grpclb/hosted"
	"github.com/actorlb/grpclb/internal/diary"
)

// An action is something that the loop has to do. It does the actions in order. Most
// actions are one pointer, which an interface holds without an allocation: a large list
// leads to tens of thousands.
type action interface{ action() }

// makeSubConn: have gRPC make conn.
type makeSubConn struct{ conn *subConn }

// connect: have conn connect.
type connect struct{ conn *subConn }

// shutDown: shut conn down.
type shutDown struct{ conn *subConn }

// publish: give state to gRPC.
type publish struct{ state balancer.State }

// released: tell the pending queue that calls up to this epoch don't wait any more.
type released struct{ epoch uint64 }

// retire: refuse all further picks of the generation, and have it drain.
type retire struct{ generation *generation }

// forChild: do this task for a child.
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

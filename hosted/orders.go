package hosted

import "google.golang.org/grpc/balancer"

// An Order is a message to a minder. The orders from the group that may have the child called
// are numbered in the order in which they are sent. An order to a minder that has stopped
// is dropped: its child is closed.
type Order interface{ order() }

// group → minder

// update gives the child a plan. There is never more than one that the minder has
// not carried out.
type update struct{ plan *Plan }

// wake has the child leave its idle state.
type wake struct{}

// Report tells the child a state of one of its connections.
type Report struct {
	Conn  *Conn
	State balancer.SubConnState
}

// reportHealth tells the child the health of one of its connections.
type reportHealth struct {
	conn     *Conn
	listener *healthListener
	state    balancer.SubConnState
}

// watchHealth has gRPC report the health of a connection.
type watchHealth struct{ watch *watch }

// shut shuts down a SubConn that a child has used. gRPC then closes the SubConn's producers,
// which may be code of the child that blocks. This order has no number.
type shut struct{ sc balancer.SubConn }

// End ends the child and the minder.
type End struct{}

// child → minder, through its connections

// leased says that the child has got a producer.
type leased struct{ lease *lease }

// returned says that the child has given a producer back.
type returned struct{ lease *lease }

func (update) order()       {}
func (wake) order()         {}
func (Report) order()       {}
func (reportHealth) order() {}
func (watchHealth) order()  {}
func (shut) order()         {}
func (End) order()          {}
func (leased) order()       {}
func (returned) order()     {}

package rrgroup

import "google.golang.org/grpc/balancer"

// child → group, by way of its facade and its connections

// childMakes asks for a connection. The answer says why there is none, or nil.
type childMakes struct {
	conn  *childConn
	reply chan<- error
}

// childConnects says that the child wants a connection connected.
type childConnects struct{ conn *childConn }

// childShuts says that the child has no more use for a connection.
type childShuts struct{ conn *childConn }

// childListens says that the child wants to hear of a connection's health; nil,
// that it does not any more.
type childListens struct {
	conn     *childConn
	listener *healthListener
}

// childSays says what the child has published.
type childSays struct {
	host  *host
	state *balancer.State
}

// minder → group

// childSettled comes after whatever a child had to say while the orders up to
// this one were carried out.
type childSettled struct {
	host  *host
	order uint64
}

// gRPC → group

// healthReported is what gRPC found out about the health of a connection.
type healthReported struct {
	watch *watch
	state balancer.SubConnState
}

func (childMakes) message()     {}
func (childConnects) message()  {}
func (childShuts) message()     {}
func (childListens) message()   {}
func (childSays) message()      {}
func (childSettled) message()   {}
func (healthReported) message() {}

// An order is what a minder can be told. Those that concern the child are numbered,
// in the order in which they are sent. One that is sent to a minder that has stopped is
// dropped: its child is closed.
type order interface{ order() }

// group → minder

// updateChild gives the child a plan. There is never more than one that the
// minder has not carried out.
type updateChild struct{ plan *Plan }

// wakeChild has the child leave its idle state.
type wakeChild struct{}

// tellChild reports to the child on one of its connections.
type tellChild struct {
	conn   *childConn
	report balancer.SubConnState
}

// tellHealth reports on the health of one of its connections.
type tellHealth struct {
	conn     *childConn
	listener *healthListener
	report   balancer.SubConnState
}

// watchHealth has gRPC report on the health of a connection.
type watchHealth struct{ watch *watch }

// shutForChild shuts down a SubConn that was a child's: gRPC then closes what
// producers the child has on it, which may take the child's time. It has no number:
// the child does not hear of it.
type shutForChild struct{ sc balancer.SubConn }

// endChild ends the child and the minder.
type endChild struct{}

// child → minder, by way of its connections

// leased says that the child has got a producer.
type leased struct{ lease *lease }

// returned says that the child has given a producer back.
type returned struct{ lease *lease }

func (updateChild) order()  {}
func (wakeChild) order()    {}
func (tellChild) order()    {}
func (tellHealth) order()   {}
func (watchHealth) order()  {}
func (shutForChild) order() {}
func (endChild) order()     {}
func (leased) order()       {}
func (returned) order()     {}

package rrgroup

import "google.golang.org/grpc/balancer"

// child → group, by way of its facade and its connections

// childMakes says that the child has made a connection.
type childMakes struct{ conn *childConn }

// childConnects says that the child wants a connection connected.
type childConnects struct{ conn *childConn }

// childShuts says that the child has no more use for a connection.
type childShuts struct{ conn *childConn }

// childHealth says that the child wants to hear of a connection's health.
type childHealth struct {
	conn     *childConn
	listener func(balancer.SubConnState)
}

// childSays says what the child has published.
type childSays struct {
	host  *host
	state *balancer.State
}

// group → itself

// childSettled comes after whatever a child had to say while it was called for
// the asked-th time.
type childSettled struct {
	host  *host
	asked uint64
}

func (childMakes) message()    {}
func (childConnects) message() {}
func (childShuts) message()    {}
func (childHealth) message()   {}
func (childSays) message()     {}
func (childSettled) message()  {}

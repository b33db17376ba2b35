package hosted

import (
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"

	"github.com/actorlb/grpclb/actor"
)

// An Instance is a child that was built, as the group knows it. It lives across
// plans, as long as they have the same provenance and name the same policy: a new
// list is an update to it, as new addresses of a resolver would be.
//
// Everything here is owned by the group's goroutine. To others the pointer is a name,
// and orders is where they reach the minder.
type Instance struct {
	// Fixed when it was made.
	group  Group
	listed bool
	name   string
	checks bool // gRPC checks the health of its connections, if the child asks for it
	orders *actor.Inbox[Order]

	newest *Term           // that of the plan which came last
	terms  int             // that serve calls, or are to
	conns  []*Conn         // that the child has made and not shut down
	said   *balancer.State // what it published last
	seated uint64          // terms that had seats; see Conn.seats
	closed bool

	// The orders that the child hears of are numbered.
	asked   uint64 // the last one
	done    uint64 // carried out, and all that the child said meanwhile was heard
	updated uint64 // the last one that gave it a plan
	woken   uint64 // the last one to leave the idle state
	renew   bool   // there is a newer plan than the one that it is being given
}

// Asked returns the number of the last order.
func (in *Instance) Asked() uint64 { return in.asked }

// order tells the minder what to do.
func (in *Instance) order(o Order) {
	in.asked++
	in.group.Do(Tell{in, o})
}

// add takes in a new connection.
func (in *Instance) add(c *Conn) {
	c.amongInstance = len(in.conns)
	in.conns = append(in.conns, c)
	if t := in.newest; t.seated && t.by != nil {
		t.give(new(seat), c)
	}
}

// remove takes out a connection that the child has shut down.
func (in *Instance) remove(c *Conn) {
	last := len(in.conns) - 1
	in.conns[c.amongInstance] = in.conns[last]
	in.conns[c.amongInstance].amongInstance = c.amongInstance
	in.conns[last] = nil
	in.conns = in.conns[:last]
	in.newest.gaveUp(c)
}

// close closes the child and takes its connections from it.
func (in *Instance) close() {
	in.closed = true
	in.order(End{})
	for _, c := range in.conns {
		c.detach()
		in.group.LetGo(c.sub)
	}
	in.conns = nil
}

// says takes in what the child has published, for its newest term.
func (in *Instance) says(s *balancer.State) {
	in.said = s
	in.newest.said, in.newest.stale = s, true
	if s.ConnectivityState == connectivity.Ready || s.ConnectivityState == connectivity.TransientFailure {
		in.newest.decided = true
	}
}

// settled takes in that the child has carried out the orders up to this one, and
// that all it said meanwhile was heard. What it says while it takes in a new plan may
// not be its last word: base's balancer says READY with an empty picker before it has
// noticed which connections it has given up. So it is heard out until it was told the
// results of all that it did when it got the plan.
func (in *Instance) settled(order uint64) {
	in.done = order
	t := in.newest
	switch {
	case t.heard || in.renew || order < in.updated:
		return
	case t.hearOut == 0:
		t.hearOut = in.asked
	}
	if order < t.hearOut {
		return
	}
	t.heard = true
	if t.said == nil && in.said != nil {
		// It has said nothing about its newest plan, so what it said before still
		// holds: a pick_first that keeps its connection has nothing new to publish.
		in.says(in.said)
	}
}

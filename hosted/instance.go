package hosted

import (
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"

	"github.com/actorlb/grpclb/actor"
)

// An Instance is what the group knows of a child that was built. It is used for all plans in
// a row that have the same provenance, policy and health checks. To the child, a new plan is
// an update, as when a resolver finds new addresses.
//
// The group's goroutine owns all fields. Others only pass the pointer on, and send to orders,
// the minder's inbox.
type Instance struct {
	// Fixed when it was made.
	group  Group
	listed bool
	name   string
	checks bool // gRPC checks the health of its connections, if the child asks for it
	orders *actor.Inbox[Order]

	newest *Term           // the term of the latest plan
	terms  int             // how many terms belong to the current or the incoming generation
	conns  []*Conn         // those that the child has made and not shut down
	said   *balancer.State // the state that it published last
	seated uint64          // how many terms have had seats; see Conn.seats
	closed bool

	// Orders to the child are numbered. These are numbers of orders.
	asked   uint64 // the last one that was sent
	done    uint64 // the last one that was carried out; messages that the child sent meanwhile were handled
	updated uint64 // the last update
	woken   uint64 // the last wake
	renew   bool   // a newer plan has come, and the child gets it after the update that it is carrying out
}

// Asked returns the number of the last order.
func (in *Instance) Asked() uint64 { return in.asked }

// order tells the minder what to do.
func (in *Instance) order(o Order) {
	in.asked++
	in.group.Do(Tell{in, o})
}

// add adds a new connection, with a seat in the newest term if that has seats.
func (in *Instance) add(c *Conn) {
	c.amongInstance = len(in.conns)
	in.conns = append(in.conns, c)
	if t := in.newest; t.seated && t.by != nil {
		t.give(new(seat), c)
	}
}

// isStrange reports whether the list that the child has got last does not name an address. No call
// would go to such an address, and some children never close a connection to it: gRPC's lazy
// balancer, which ring_hash uses, connects also after it was closed, if an old picker is asked.
// If there is a newer list that the child has not got yet, every address may be named.
func (in *Instance) isStrange(addr string) bool {
	t := in.newest
	return in.listed && !in.renew && t.by != nil && t.entriesOf(addr) == nil
}

// remove removes a connection that the child has shut down.
func (in *Instance) remove(c *Conn) {
	in.conns = removeAt(in.conns, c.amongInstance, func(moved *Conn, to int) { moved.amongInstance = to })
	in.newest.gaveUp(c)
}

// close has the minder close the child, and lets go its connections.
func (in *Instance) close() {
	in.closed = true
	in.order(End{})
	for _, c := range in.conns {
		c.detach()
		in.group.LetGo(c.sub)
	}
	in.conns = nil
}

// says notes a state that the child has published. It counts for the newest term.
func (in *Instance) says(s *balancer.State) {
	in.said = s
	in.newest.said, in.newest.stale = s, true
	if s.ConnectivityState == connectivity.Ready || s.ConnectivityState == connectivity.TransientFailure {
		in.newest.decided = true
	}
}

// settled takes in that the child has carried out the orders up to this number; all its
// messages before that were handled.
//
// While a child carries out an update, it may publish a state that does not hold: base's
// balancer publishes READY with an empty picker before it is told that the connections
// which it has shut down are shut down. So the term is not heard until the child has
// also carried out the orders that followed from the update: the reports of states
// that were sent up to then.
func (in *Instance) settled(order uint64) {
	in.done = order
	t := in.newest
	switch {
	case t.heard || in.renew || order < in.updated:
		return
	case t.heardAfter == 0:
		t.heardAfter = in.asked
	}
	if order < t.heardAfter {
		return
	}
	t.heard = true
	if t.said == nil && in.said != nil {
		// It has published nothing for the newest plan, so what it published before still
		// holds. A pick_first that keeps its connection, for example, publishes nothing.
		in.says(in.said)
	}
}

package rrgroup

import (
	"google.golang.org/grpc/balancer"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/hosted"
	"github.com/actorlb/grpclb/tokens"
)

// A message is what the group can be told.
type message interface{ message() }

// policy → group

// Adopt has the group serve calls by plan, as soon as it can. It is no message:
// a plan that the group has not taken when the next one comes is gone, however
// many come and however long they are. Only the policy may call it.
func (g *Group) Adopt(plan *Plan) { g.plans.Put(plan) }

// configure replaces the settings.
type configure struct{ settings Settings }

// Configure replaces the settings, also for what is under way: a handover is
// due by the new duration. What lingers already is not affected. It is dropped
// if the group has stopped.
func (g *Group) Configure(settings Settings) { g.inbox.Send(configure{settings}) }

// gRPC → group

// reported is one transition of a SubConn.
type reported struct {
	conn  *subConn
	state balancer.SubConnState
}

// listener returns the function through which gRPC reports on conn. It is
// dropped if the group has stopped: the SubConn is shut down then.
func (g *Group) listener(conn *subConn) func(balancer.SubConnState) {
	return func(s balancer.SubConnState) { g.inbox.Send(reported{conn, s}) }
}

// callers → group

// ended says that the last call of a retired generation is done.
type ended struct{ generation *generation }

// drain returns the drain closure of a generation. What it says is dropped if
// the group has stopped: its SubConns are shut down then.
func (g *Group) drain(of *generation) func() {
	return func() { g.inbox.Send(ended{of}) }
}

// child, minder, gRPC's health reports → group

// fromChild is a message about a child.
type fromChild struct{ what hosted.Message }

// A childInbox is the group's inbox for its children. A message is dropped if the group
// has stopped: its children end then.
type childInbox struct{ inbox *actor.Inbox[message] }

// Send posts a message about a child.
func (i childInbox) Send(m hosted.Message) bool { return i.inbox.Send(fromChild{m}) }

// stream → group

// count asks what has happened.
type count struct {
	call  uint64
	reply chan<- tokens.Counts
}

// Count has reply told, later, what became of the calls that the lists of this
// call to the balancer picked, since Count was asked last. reply must have
// room. If the group has stopped it is told nothing.
func (g *Group) Count(call uint64, reply chan<- tokens.Counts) { g.inbox.Send(count{call, reply}) }

// anyone → group

// describe asks how the group stands.
type describe struct{ reply chan Stats }

// Stats returns how the group stands, or the zero Stats if it has stopped.
func (g *Group) Stats() Stats {
	d := describe{make(chan Stats, 1)}
	if !g.inbox.Send(d) {
		return Stats{}
	}
	return <-d.reply
}

// Stats describes a group at one moment.
type Stats struct {
	Generations uint64 // made since the start
	Drained     uint64 // of these, how many have ended: retired and without calls
	Published   uint64 // pickers given to gRPC

	SubConns  int // not shut down
	Lingering int // of these, how many no generation names
	Backends  int // SubConns of the generation that serves
	Ready     int // of these, how many are READY
}

// group → policy

// Aggregate is how the backends stand.
type Aggregate struct {
	// Plan is the newest that the group has taken over; nil before the first.
	// What follows says nothing about a newer one.
	Plan *Plan
	// Ready: a backend that calls go to is READY. It may still be one of the plan
	// before.
	Ready bool
	// Arriving: a backend of Plan is being connected for the first time since the
	// plan came, and Settings.Handover is not over.
	Arriving bool
}

func (configure) message() {}
func (reported) message()  {}
func (ended) message()     {}
func (fromChild) message() {}
func (count) message()     {}
func (describe) message()  {}

package rrgroup

import (
	"slices"

	"google.golang.org/grpc/balancer"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/hosted"
	"github.com/actorlb/grpclb/tokens"
)

// A message is a message to the group.
type message interface{ message() }

// policy → group

// Adopt gives the group a new plan. It puts the plan into a cell: if the group has not taken
// the plan before, that one is lost. Only the policy's goroutine may call it.
func (g *Group) Adopt(plan *Plan) { g.plans.Put(plan) }

// configure replaces the settings.
type configure struct{ settings Settings }

// Configure replaces the settings. The new handover time also applies to a handover that has
// begun. SubConns that linger already go on for the old time. The message is dropped if the
// group has stopped.
func (g *Group) Configure(settings Settings) { g.inbox.Send(configure{settings}) }

// gRPC → group

// reported is a new state of a SubConn.
type reported struct {
	conn  *subConn
	state balancer.SubConnState
}

// listener returns the function that gRPC calls with the states of conn. The message is
// dropped if the group has stopped: the SubConn is shut down then.
func (g *Group) listener(conn *subConn) func(balancer.SubConnState) {
	return func(s balancer.SubConnState) { g.inbox.Send(reported{conn, s}) }
}

// callers → group

// ended says that the last call of a retired generation has ended.
type ended struct{ generation *generation }

// drain returns the drain closure of a generation. Its message is dropped if the group
// has stopped: all SubConns are shut down then.
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

// count asks how many calls started and ended.
type count struct {
	stream uint64
	reply  chan<- tokens.Counts
}

// Count asks how many calls from the lists of this stream started and ended since the last
// Count. The answer comes later on reply, which must have room for it. If the group has
// stopped, no answer comes.
func (g *Group) Count(stream uint64, reply chan<- tokens.Counts) { g.inbox.Send(count{stream, reply}) }

// anyone → group

// describe asks for Stats.
type describe struct{ reply chan Stats }

// Stats describes the group. It returns the zero Stats if the group has stopped.
func (g *Group) Stats() Stats {
	d := describe{make(chan Stats, 1)}
	if !g.inbox.Send(d) {
		return Stats{}
	}
	return <-d.reply
}

// detail asks for a State.
type detail struct{ reply chan<- State }

// State describes the group in detail. It returns the zero State if the group has
// stopped.
func (g *Group) State() State {
	reply := make(chan State, 1)
	if !g.inbox.Send(detail{reply}) {
		return State{}
	}
	s := <-reply
	rows := make(chan []SubConnState, 1)
	s.SubConns = make([]SubConnState, 0, len(s.conns))
	for some := range slices.Chunk(s.conns, perQuestion) {
		if !g.inbox.Send(subConns{some, s.SubConns, rows}) {
			return State{}
		}
		s.SubConns = <-rows
	}
	s.conns = nil
	s.countBackends()
	return s
}

// subConns asks for the states of some SubConns. They are appended to rows, which are the
// group's until it answers.
type subConns struct {
	of    []*subConn
	rows  []SubConnState
	reply chan<- []SubConnState
}

// sumUp asks for a Tally.
type sumUp struct{ reply chan<- Tally }

// Tally sums up what happened in the group. It returns the zero Tally if the group has
// stopped.
func (g *Group) Tally() Tally {
	reply := make(chan Tally, 1)
	if !g.inbox.Send(sumUp{reply}) {
		return Tally{}
	}
	return <-reply
}

// Stats describes a group at one moment.
type Stats struct {
	Generations uint64 // how many were made since the start
	Drained     uint64 // how many of these are retired and have no call in flight
	Published   uint64 // how many pickers gRPC was given

	SubConns  int // how many are not shut down
	Lingering int // how many of these linger, because no generation needs them
	Backends  int // SubConns of the current generation
	Ready     int // how many of these are READY
}

// group → policy

// Aggregate is what the group tells the policy about the backends.
type Aggregate struct {
	// Plan is the newest plan that the group has taken; nil before the first. The policy
	// may have made a newer one; the other fields say nothing about that.
	Plan *Plan
	// Ready: a backend of the current generation is READY. The current generation may
	// still be that of an earlier plan.
	Ready bool
	// Arriving: a backend of Plan is being connected for the first time since the
	// plan came, and Settings.Handover has not passed.
	Arriving bool
	// Resting: the child policy of Plan connects only when it has calls, and has none.
	Resting bool
}

func (configure) message() {}
func (reported) message()  {}
func (ended) message()     {}
func (fromChild) message() {}
func (count) message()     {}
func (describe) message()  {}
func (detail) message()    {}
func (subConns) message()  {}
func (sumUp) message()     {}

package rrgroup

import (
	"fmt"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// A hostedPicker is a child's picker with the list around it: drops before it
// is asked, and for the connection that it picks the token, the count and the
// reference of an entry.
type hostedPicker struct {
	child balancer.Picker
	seats map[balancer.SubConn]*seat // by the child's connections
	spare []*seat                    // what is left, once the child has gone over to a newer list
	turns rotation                   // over spare
	drops *dropTable                 // nil unless a backend is READY and the list has drops
	doing string                     // for the text of a pick that fails
	idle  balancer.Picker            // what picks if the child has nothing yet
}

// Pick asks the child, of the calls that are not dropped. The drops come first,
// so that they are spread over the backends that the child picks in turn. If the
// child then has the call wait, as ring_hash may, its turn of the drops is owed.
func (p *hostedPicker) Pick(info balancer.PickInfo) (balancer.PickResult, error) {
	if info.FullMethodName == PingMethod {
		return p.ping(info)
	}
	if p.drops != nil {
		if err := p.drops.drop(); err != nil {
			return balancer.PickResult{}, err
		}
	}
	r, err := p.pass(info)
	if err != nil && isRepeated(err) {
		p.drops.owe()
	}
	return r, err
}

// isRepeated reports whether gRPC picks again for a call after this error. After
// one that is no status it does if the call is wait-for-ready.
func isRepeated(err error) bool {
	_, final := status.FromError(err)
	return !final
}

// pass picks for a call that is not dropped.
//
// A connection that has no seat is no answer: the list does not name it any more,
// and then the child has a newer picker, or it was lost.
func (p *hostedPicker) pass(info balancer.PickInfo) (balancer.PickResult, error) {
	r, err := p.child.Pick(info)
	if err != nil {
		return p.failed(info, err)
	}
	s := p.seats[r.SubConn]
	if s == nil {
		giveBack(r)
		return p.instead()
	}
	ours, err := s.pick()
	if err != nil {
		giveBack(r)
		return balancer.PickResult{}, err
	}
	return join(r, ours), nil
}

// instead picks one of the connections that are left, in turn. There are none
// while the child still looks after them: then it has a newer picker.
func (p *hostedPicker) instead() (balancer.PickResult, error) {
	if len(p.spare) == 0 {
		return balancer.PickResult{}, balancer.ErrNoSubConnAvailable
	}
	return p.spare[p.turns.turn(len(p.spare), 0)].pick()
}

// failed passes the child's error on, with the reason why it picks at all.
func (p *hostedPicker) failed(info balancer.PickInfo, err error) (balancer.PickResult, error) {
	if err == balancer.ErrNoSubConnAvailable {
		return p.idle.Pick(info)
	}
	if _, final := status.FromError(err); final {
		return balancer.PickResult{}, err
	}
	return balancer.PickResult{}, fmt.Errorf("grpclb is %s: %v", p.doing, err)
}

// giveBack tells a child that its pick was not used.
func giveBack(r balancer.PickResult) {
	if r.Done != nil {
		r.Done(balancer.DoneInfo{})
	}
}

// join joins what the child wants of a call and what the entry wants.
func join(child, ours balancer.PickResult) balancer.PickResult {
	r := ours
	if child.Metadata != nil {
		r.Metadata = metadata.Join(child.Metadata, ours.Metadata)
	}
	if child.Done != nil {
		r.Done = func(info balancer.DoneInfo) {
			child.Done(info)
			ours.Done(info)
		}
	}
	return r
}

// A blocked picker has nothing: calls try again with the next one.
type blocked struct{}

// Pick returns ErrNoSubConnAvailable.
func (blocked) Pick(balancer.PickInfo) (balancer.PickResult, error) {
	return balancer.PickResult{}, balancer.ErrNoSubConnAvailable
}

// newHostedPicker builds the picker around what the child said last. idle is
// what picks where the child has nothing.
func (g *generation) newHostedPicker(state connectivity.State, idle balancer.Picker) balancer.Picker {
	g.stale = false
	if g.said == nil || state == connectivity.Connecting && g.said.ConnectivityState == connectivity.TransientFailure {
		return idle
	}
	p := &hostedPicker{child: g.said.Picker, doing: g.plan.Doing, idle: idle}
	if g.superseded() {
		p.seats, p.spare = g.seatsLeft()
	} else {
		p.seats = g.seat()
	}
	if state == connectivity.Ready {
		p.drops = g.drops
	}
	return p
}

// errUnbuilt is what calls fail with if a child could not be made.
var errUnbuilt = status.Error(codes.Internal, "grpclb: the builder of the child policy has built nothing")

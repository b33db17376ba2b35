package rrgroup

import (
	"errors"
	"fmt"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// A hostedPicker is a child's picker with the list around it: drops before it
// is asked, and for the connection that it picks the token, the count and the
// reference of an entry.
type hostedPicker struct {
	child  balancer.Picker
	seats  map[*childConn]*seat // by the child's connections
	spare  []*seat              // what is left, once the child has gone over to a newer list
	turns  rotation             // over spare
	drops  *dropTable           // nil unless a backend is READY and the list has drops
	doing  string               // for the text of a pick that fails
	reason error                // in the place of that text and the child's, if another generation is waited for
	idle   balancer.Picker      // what picks if the child says that a call has to wait
	none   balancer.Picker      // what picks if it picks a connection that it has not
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
func (p *hostedPicker) pass(info balancer.PickInfo) (balancer.PickResult, error) {
	r, s, err := p.choose(info)
	if err != nil {
		return balancer.PickResult{}, err
	}
	ours, err := s.pick()
	if err != nil {
		giveBack(r)
		return balancer.PickResult{}, err
	}
	return join(r, ours), nil
}

// choose has the child pick, and returns where that goes.
//
// A connection that has no seat is no answer: the list does not name it any more,
// and then the child has a newer picker, or it was lost, or it is none of ours. And
// that a call has to wait is none from a picker that the child does not renew. Then
// it goes over what is left, if there is something.
func (p *hostedPicker) choose(info balancer.PickInfo) (r balancer.PickResult, s *seat, err error) {
	other := p.idle
	switch r, err = p.child.Pick(info); err {
	case nil:
		if s = p.seatOf(r); s != nil {
			return r, s, nil
		}
		giveBack(r)
		other = p.none
	case balancer.ErrNoSubConnAvailable:
	default:
		return r, nil, p.failed(err)
	}
	if s = p.instead(); s == nil {
		_, err = other.Pick(info)
		return r, nil, err
	}
	return balancer.PickResult{}, s, nil
}

// seatOf returns where the child's pick goes, or nil.
func (p *hostedPicker) seatOf(r balancer.PickResult) *seat {
	hc, _ := r.SubConn.(*childConn)
	return p.seats[hc]
}

// instead returns one of the connections that are left, in turn. There are none
// while the child still looks after them: then it has a newer picker.
func (p *hostedPicker) instead() *seat {
	if len(p.spare) == 0 {
		return nil
	}
	return p.spare[p.turns.turn(len(p.spare), 0)]
}

// failed is the child's error, with the reason why it picks at all.
func (p *hostedPicker) failed(err error) error {
	if _, final := status.FromError(err); final {
		return err
	}
	if p.reason != nil {
		return p.reason
	}
	return fmt.Errorf("grpclb is %s: %v", p.doing, err)
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

// newHostedPicker builds the picker around what the child said last, to be shown
// in a state that may not be the child's own. Without a picker of the child's,
// calls wait, as they do in gRPC.
func (d *display) newHostedPicker(g *generation) balancer.Picker {
	g.stale = false
	if g.said == nil || d.state == connectivity.Connecting && g.said.ConnectivityState == connectivity.TransientFailure {
		return d.idlePicker()
	}
	p := &hostedPicker{child: g.said.Picker, doing: g.plan.Doing, idle: d.idlePicker(), none: blocked{}}
	if p.child == nil {
		p.child = blocked{}
	}
	if d.state == connectivity.TransientFailure {
		p.none, p.doing = p.idle, p.doing+": no backend is READY"
		if d.newest != g {
			p.reason = errors.New(d.text)
		}
	}
	if d.state == g.said.ConnectivityState && d.state != connectivity.Connecting {
		p.idle = blocked{} // it is the child's word that calls wait, though it fails
	}
	if g.superseded() {
		p.seats, p.spare = g.seatsLeft()
	} else {
		p.seats = g.seat()
	}
	if d.state == connectivity.Ready {
		p.drops = g.drops
	}
	return p
}

// A preview is the picker of a generation that serves while a child rests that is
// to follow it: one that connects when it has calls and not before. The child is
// shown the calls that are for the others. What it picks for them is not used.
type preview struct {
	serves balancer.Picker
	rests  balancer.Picker
}

// Pick picks by the generation that serves.
func (p preview) Pick(info balancer.PickInfo) (balancer.PickResult, error) {
	if unused, err := p.rests.Pick(info); err == nil {
		giveBack(unused)
	}
	return p.serves.Pick(info)
}

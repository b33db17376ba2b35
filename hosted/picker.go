package hosted

import (
	"errors"
	"fmt"
	"sync/atomic"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// A Picker is a child's picker with the list around it: for the connection that
// the child picks it takes the token of an entry, and counts the call there.
type Picker struct {
	child  balancer.Picker
	term   *Term
	spare  []*seat       // the connections that are left, once the term is superseded
	turns  atomic.Uint64 // over spare
	doing  string        // for the text of a pick that fails
	reason error         // instead of that text and the child's, if another plan is waited for
	waits  balancer.Picker
	lost   balancer.Picker
}

// A Shown says how the group shows the picker.
type Shown struct {
	State  connectivity.State // to gRPC; it may not be the child's own
	Waits  balancer.Picker    // what picks in this state where the child has no backend
	Reason string             // why calls fail, if they wait for another plan; or empty
}

// Picker returns a picker around what the child said last, or nil if that is nothing
// for the state that is shown: then calls wait. They do too if the child has published
// a state without a picker, as they do in gRPC.
func (t *Term) Picker(as Shown) *Picker {
	t.serves, t.stale = true, false
	if t.said == nil || as.State == connectivity.Connecting && t.said.ConnectivityState == connectivity.TransientFailure {
		t.free()
		return nil
	}
	p := &Picker{child: t.said.Picker, term: t, doing: t.plan.Doing, waits: as.Waits, lost: Blocked{}}
	if p.child == nil {
		p.child = Blocked{}
	}
	if as.State == connectivity.TransientFailure {
		p.lost, p.doing = as.Waits, p.doing+": no backend is READY"
		if as.Reason != "" {
			p.reason = errors.New(as.Reason)
		}
	}
	if as.State == t.said.ConnectivityState && as.State != connectivity.Connecting {
		p.waits = Blocked{} // the child itself has calls wait, though it is READY or fails
	}
	if t.superseded() {
		p.spare = t.seatsLeft()
	} else {
		t.seat()
	}
	t.free()
	return p
}

// Pick has the child pick for a call.
func (p *Picker) Pick(info balancer.PickInfo) (balancer.PickResult, error) {
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

// Where has the child pick, and returns where the call would go. The call is not
// counted, and the child is told that its pick is not used.
func (p *Picker) Where(info balancer.PickInfo) (balancer.SubConn, error) {
	r, s, err := p.choose(info)
	if err != nil {
		return nil, err
	}
	giveBack(r)
	return s.conn.sc, nil
}

// choose has the child pick, and returns where that goes.
//
// There are two answers by which the call goes nowhere: a connection that has no
// seat, because the list does not name it any more, it was lost, or it is not one of
// ours; and that the call has to wait. If the term is superseded, the call goes over
// one of the connections that are left then, if there is one.
func (p *Picker) choose(info balancer.PickInfo) (r balancer.PickResult, s *seat, err error) {
	other := p.waits
	switch r, err = p.child.Pick(info); err {
	case nil:
		if s = p.seatOf(r); s != nil {
			return r, s, nil
		}
		giveBack(r)
		other = p.lost
	case balancer.ErrNoSubConnAvailable:
	default:
		return r, nil, p.failed(err)
	}
	if p.term.over.Load() { // gRPC has a newer picker
		return r, nil, balancer.ErrNoSubConnAvailable
	}
	if s = p.instead(); s == nil {
		_, err = other.Pick(info)
		return r, nil, err
	}
	return balancer.PickResult{}, s, nil
}

// seatOf returns where the child's pick goes, or nil.
func (p *Picker) seatOf(r balancer.PickResult) *seat {
	c, _ := r.SubConn.(*Conn)
	if c == nil {
		return nil
	}
	s := c.seatIn(p.term)
	if s == nil || s.takers == nil {
		return nil
	}
	return s
}

// instead returns one of the connections that are left, in turn.
func (p *Picker) instead() *seat {
	n := uint64(len(p.spare))
	if n == 0 {
		return nil
	}
	return p.spare[(p.turns.Add(1)-1)%n]
}

// failed returns the child's error, with what the policy is doing.
func (p *Picker) failed(err error) error {
	if _, final := status.FromError(err); final {
		return err
	}
	if p.reason != nil {
		return p.reason
	}
	return fmt.Errorf("grpclb is %s: %v", p.doing, err)
}

// giveBack tells a child that its pick is not used.
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

// A Blocked picker has calls wait for the next picker.
type Blocked struct{}

// Pick returns ErrNoSubConnAvailable.
func (Blocked) Pick(balancer.PickInfo) (balancer.PickResult, error) {
	return balancer.PickResult{}, balancer.ErrNoSubConnAvailable
}

// A Preview is the picker while one generation serves and its successor's child rests:
// that child connects when it has calls, and not before. It is shown the calls of the
// other, and its picks for them are not used.
type Preview struct {
	Serves balancer.Picker
	Rests  balancer.Picker
}

// Pick picks by the generation that serves.
func (p Preview) Pick(info balancer.PickInfo) (balancer.PickResult, error) {
	if unused, err := p.Rests.Pick(info); err == nil {
		giveBack(unused)
	}
	return p.Serves.Pick(info)
}

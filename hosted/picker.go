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

// A Picker wraps a child's picker. The child picks a connection. The Picker then takes an entry
// of the list that has the connection's address, adds its token to the call, and counts the
// call for it.
type Picker struct {
	child  balancer.Picker
	term   *Term
	spare  []*seat         // if the term is superseded: seats of the READY connections
	turns  atomic.Uint64   // over spare
	doing  string          // Plan.Doing, for the errors of calls
	reason error           // replaces the child's error if calls wait for another plan; or nil
	waits  balancer.Picker // asked if the child has the call wait
	lost   balancer.Picker // asked if the child picks a connection without a seat
}

// A Shown says how the group presents the child's picker to gRPC.
type Shown struct {
	State  connectivity.State // the state that gRPC is told; the child's may be another
	Waits  balancer.Picker    // the picker for calls for which the child has no backend
	Reason string             // if calls wait for another plan: why they fail; or empty
}

// Picker wraps the picker that the child published last. It returns nil if the child has
// published none for this term, and if the child fails while gRPC is told CONNECTING: then
// calls wait. If the child has published a state without a picker, calls wait too, as in
// gRPC.
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
		p.waits = Blocked{} // READY or failing, the child itself decides that calls wait
	}
	if t.superseded() {
		p.spare = t.seatsLeft()
	} else {
		t.seat()
	}
	t.free()
	return p
}

// Pick asks the child, and counts the call for an entry.
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

// Where asks the child, and returns the SubConn to which a call would go. Nothing is counted,
// and the child is told that its pick was not used.
func (p *Picker) Where(info balancer.PickInfo) (balancer.SubConn, error) {
	r, s, err := p.choose(info)
	if err != nil {
		return nil, err
	}
	giveBack(r)
	return s.conn.sc, nil
}

// choose asks the child, and returns its result and the seat for the call.
//
// There is no seat if the child has the call wait, or if it picks a connection without a
// seat: one that the list does not name, that is not READY any more in a superseded term,
// or that this package has not made. Then, if the term is superseded, the call goes over
// another READY connection of it, if there is one.
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

// seatOf returns the seat of the connection that the child has picked, or nil.
func (p *Picker) seatOf(r balancer.PickResult) *seat {
	c, _ := r.SubConn.(*Conn)
	if c == nil {
		return nil
	}
	s := c.seatIn(p.term)
	if s == nil || s.addressEntries == nil {
		return nil
	}
	return s
}

// instead returns the next seat of spare in turn, or nil.
func (p *Picker) instead() *seat {
	n := uint64(len(p.spare))
	if n == 0 {
		return nil
	}
	return p.spare[(p.turns.Add(1)-1)%n]
}

// failed returns the error of a call that the child fails. A gRPC status stays as it is;
// otherwise the text also says what the policy is doing.
func (p *Picker) failed(err error) error {
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

// join returns a result with the metadata and the Done of both.
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

func (Blocked) Pick(balancer.PickInfo) (balancer.PickResult, error) {
	return balancer.PickResult{}, balancer.ErrNoSubConnAvailable
}

// A Preview is the picker while the child of the incoming generation is IDLE and connects only
// when it gets calls. Each call of the current generation is also given to that child's
// picker, so that it connects. The pick is not used.
type Preview struct {
	Serves balancer.Picker // of the current generation
	Rests  balancer.Picker // of the incoming generation's child
}

// Pick asks both pickers, and returns the result of Serves.
func (p Preview) Pick(info balancer.PickInfo) (balancer.PickResult, error) {
	if unused, err := p.Rests.Pick(info); err == nil {
		giveBack(unused)
	}
	return p.Serves.Pick(info)
}

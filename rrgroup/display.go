package rrgroup

import (
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"

	"github.com/actorlb/grpclb/hosted"
)

const (
	// To build a picker takes some nanoseconds an entry. By waiting for this
	// much an entry between two pickers that differ only in which backends are
	// READY, a group that comes up spends a few hundredths of its time on
	// building them, however its backends trickle in.
	quietPerEntry = 200 * time.Nanosecond

	// quietMinimum is the least wait that is worth a timer. Pickers of fewer
	// entries than make it up (500) are replaced at once.
	quietMinimum = 100 * time.Microsecond

	// quietFailing is the time between two failing pickers that differ only in
	// their text. Each one wakes every call that waits.
	quietFailing = time.Second
)

// A display is what gRPC was shown last. It decides when that has to change.
type display struct {
	gate Gate

	state     connectivity.State
	of        *generation
	newest    *generation     // it, or the one that is to follow it: what calls wait for
	text      string          // of the failing picker, if it is one
	reasonOf  uint64          // the number of the generation that the text is about
	previewed *balancer.State // of a child that rests and is shown calls; see preview
	at        time.Time
	published uint64

	epoch    uint64 // of the waiting picker that was shown last
	released uint64 // epochs up to this one have been released
}

// newDisplay returns a display that shows what First returns.
func newDisplay(gate Gate) display {
	return display{gate: gate, state: connectivity.Connecting, epoch: firstEpoch}
}

// firstEpoch is the epoch of the picker that gRPC has before the group's first.
const firstEpoch = 1

// First is the state to give gRPC before a plan is adopted: calls wait.
func (g *Group) First() balancer.State {
	return balancer.State{ConnectivityState: connectivity.Connecting, Picker: waiting{g.options.Gate, firstEpoch}}
}

// show appends to todo what it takes to show gRPC how g stands, which is
// nothing if it has been shown already or has to wait for its due time. g is nil
// until the first generation has arrived. follower is on its way in, if it is not
// nil; resting, what its child has said if it waits for calls.
func (d *display) show(g, follower *generation, resting *balancer.State, now time.Time, todo []action) []action {
	if d.newest = follower; follower == nil {
		d.newest = g
	}
	state := d.stateOf(g, follower != nil)
	if state != connectivity.Ready || resting != nil && resting.Picker == nil {
		resting = nil
	}
	isNew := d.state != state || d.of != g || d.previewed != resting
	if !isNew && (!d.differs(g) || now.Before(d.due(g))) {
		return todo
	}
	waits := state == connectivity.Connecting && d.state == state && !d.of.hosted() && !g.hosted()
	d.state, d.of, d.previewed = state, g, resting
	if waits {
		return todo // the calls that wait need no other picker to wait with
	}
	d.at = now
	d.published++
	picker := d.picker(g)
	if resting != nil {
		picker = hosted.Preview{Serves: picker, Rests: resting.Picker}
	}
	todo = append(todo, publish{balancer.State{ConnectivityState: state, Picker: picker}})
	return d.release(todo)
}

// stateOf returns the state to show for g: that of its backends, except that
// TRANSIENT_FAILURE is left only for READY (see state.sticky), and not shown
// yet while a successor connects, for which calls would rather wait. A
// generation that has calls wait because its list is empty does not promise a
// backend, so it need not keep the first promise; and a child that rests until
// it has calls would never be READY without them.
func (d *display) stateOf(g *generation, followed bool) connectivity.State {
	if g == nil {
		return connectivity.Connecting
	}
	failed := d.state == connectivity.TransientFailure
	switch state := g.state(); {
	case state == connectivity.Connecting && g.size > 0 && failed && g.resting() == nil:
		return connectivity.TransientFailure
	case state == connectivity.TransientFailure && followed && !failed:
		return connectivity.Connecting
	default:
		return state
	}
}

// differs reports whether the picker shown for g is out of date, though the
// state is not.
func (d *display) differs(g *generation) bool {
	switch {
	case d.outdated():
		return true
	case g.hosted():
		return g.term.Stale()
	}
	switch d.state {
	case connectivity.Ready:
		return g.stale && !g.dropsAll()
	case connectivity.TransientFailure:
		return d.text != d.newest.failure().Error()
	default:
		return false
	}
}

// outdated reports whether calls fail with the reason of another generation than
// the newest. What they wait for is that one. See pick.reason.
func (d *display) outdated() bool {
	return d.state == connectivity.TransientFailure && d.reasonOf != d.newest.number
}

// due returns when the picker shown for g may be replaced by one that differs
// in detail; zero if there is no such one.
func (d *display) due(g *generation) time.Time {
	if g == nil || d.of != g || !d.differs(g) {
		return time.Time{}
	}
	if d.outdated() {
		return d.at
	}
	if d.state == connectivity.TransientFailure && !g.hosted() {
		return d.at.Add(quietFailing)
	}
	if quiet := time.Duration(g.size) * quietPerEntry; quiet >= quietMinimum {
		return d.at.Add(quiet)
	}
	return d.at
}

// picker builds the picker for g in the state that is to be shown.
func (d *display) picker(g *generation) balancer.Picker {
	switch {
	case g.hosted():
		return d.newChildPicker(g)
	case d.state == connectivity.Connecting:
		return d.newWaiting()
	case d.state == connectivity.TransientFailure:
		return d.newFailing()
	case g.dropsAll():
		return dropping{g.drops, d.newWaiting()}
	default:
		return g.newPicker()
	}
}

// newWaiting returns a picker that has calls wait.
func (d *display) newWaiting() waiting {
	d.epoch++
	return waiting{d.gate, d.epoch}
}

// idlePicker is what picks where a child's picker has nothing.
func (d *display) idlePicker() balancer.Picker {
	switch d.state {
	case connectivity.Ready:
		return hosted.Blocked{}
	case connectivity.TransientFailure:
		return d.newFailing()
	default:
		return d.newWaiting()
	}
}

// newFailing returns a picker that fails calls. Of the error it has only the
// text: if it is a gRPC status, as that of the call to the balancer is, gRPC
// would end every call with its code, those that are wait-for-ready too.
func (d *display) newFailing() balancer.Picker {
	d.text, d.reasonOf = d.newest.failure().Error(), d.newest.number
	return failing{errors.New(d.text), d.newWaiting()}
}

// release appends that the parked calls can be picked, if they can and it is
// news to them. If every call is dropped, that is said of all but the pings that
// the dropping picker parks, under the last epoch.
func (d *display) release(todo []action) []action {
	epoch := d.epoch
	if d.of != nil && d.of.dropsAll() {
		epoch--
	}
	if d.state != connectivity.Ready || d.released == epoch {
		return todo
	}
	d.released = epoch
	return append(todo, released{epoch})
}

// failure is what calls fail with while no backend of g is READY.
func (g *generation) failure() error {
	switch {
	case g.size == 0:
		return g.plan.Unserved
	case g.err == nil:
		return fmt.Errorf("grpclb is %s: no backend is READY yet", g.plan.Doing)
	default:
		return fmt.Errorf("grpclb is %s: no backend is READY, last connection error: %w", g.plan.Doing, g.err)
	}
}

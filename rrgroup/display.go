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
	if !isNew && !d.isDue(g, now) {
		return todo
	}
	waits := state == connectivity.Connecting && d.state == state && d.of.alone() && g.alone()
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
	switch state := g.by.state(); {
	case state == connectivity.Connecting && g.size > 0 && failed && g.by.resting() == nil:
		return connectivity.TransientFailure
	case state == connectivity.TransientFailure && followed && !failed:
		return connectivity.Connecting
	default:
		return state
	}
}

// differs reports whether the picker shown for g is out of date, though the state is
// not, and how long it may stay so.
func (d *display) differs(g *generation) (bool, time.Duration) {
	if d.wrongReason() {
		return true, 0
	}
	return g.by.outdated(d)
}

// wrongReason reports whether calls fail with the reason of another generation than
// the newest, which is the one that they wait for. See pick.reason.
func (d *display) wrongReason() bool {
	return d.state == connectivity.TransientFailure && d.reasonOf != d.newest.number
}

// due returns when the picker shown for g may be replaced by one that differs
// in detail; zero if there is no such one.
func (d *display) due(g *generation) time.Time {
	if g == nil || d.of != g {
		return time.Time{}
	}
	differs, quiet := d.differs(g)
	if !differs {
		return time.Time{}
	}
	return d.at.Add(quiet)
}

func (d *display) isDue(g *generation, now time.Time) bool {
	due := d.due(g)
	return !due.IsZero() && !now.Before(due)
}

// quietFor is how long a picker of so many entries may be out of date.
func quietFor(entries int) time.Duration {
	if quiet := time.Duration(entries) * quietPerEntry; quiet >= quietMinimum {
		return quiet
	}
	return 0
}

// picker builds the picker for g in the state that is to be shown.
func (d *display) picker(g *generation) balancer.Picker {
	if g == nil {
		return d.newWaiting()
	}
	return g.by.picker(d)
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

// alone reports whether the group has no child in the calls of g; see chooser. g may be
// nil.
func (g *generation) alone() bool { return g == nil || g.by.alone() }

// failure is what calls fail with while no backend of g is READY.
func (g *generation) failure() error {
	switch {
	case g.size == 0:
		return g.plan.Unserved
	case g.by.failed() == nil:
		return fmt.Errorf("grpclb is %s: no backend is READY yet", g.plan.Doing)
	default:
		return fmt.Errorf("grpclb is %s: no backend is READY, last connection error: %w", g.plan.Doing, g.by.failed())
	}
}

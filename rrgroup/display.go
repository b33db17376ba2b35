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
	// Between two pickers that differ only in which backends are READY pass at least
	// this many nanoseconds for each entry. To build a picker takes some nanoseconds an
	// entry. So a group spends a few hundredths of its time on building pickers, however
	// slowly its backends become READY one after the other.
	quietPerEntry = 200 * time.Nanosecond

	// quietMinimum is the shortest wait that a timer is set for. Pickers of fewer
	// than 500 entries, which would wait less, are replaced at once.
	quietMinimum = 100 * time.Microsecond

	// quietFailing is the least time between two failing pickers that differ only
	// in their text. Each one wakes every call that waits.
	quietFailing = time.Second
)

// A display knows what gRPC was given last, and decides when gRPC gets a new state
// or picker.
type display struct {
	gate Gate
	door Door

	state     connectivity.State
	of        *generation
	newest    *generation     // it, or the incoming one: what calls wait for
	text      string          // of the failing picker, if it is one
	reasonOf  uint64          // the number of the generation that the text is about
	previewed *balancer.State // of a child that is shown calls; see hosted.Preview
	at        time.Time       // of the last picker
	published uint64          // pickers

	epoch    uint64 // of the waiting picker that was built last
	released uint64 // the pending queue was told this epoch last
}

// newDisplay returns the display after First.
func newDisplay(gate Gate) display {
	return display{gate: gate, state: connectivity.Connecting, epoch: firstEpoch}
}

// firstEpoch is the epoch of the picker that gRPC has before the group's first.
const firstEpoch = 1

// First is the state to give gRPC before a plan is adopted: calls wait.
func (g *Group) First() balancer.State {
	return balancer.State{ConnectivityState: connectivity.Connecting, Picker: waiting{g.options.Gate, g.options.Door, firstEpoch}}
}

// show appends to todo what is to be done so that gRPC has the state and picker of g. It
// appends nothing if gRPC has them, or is to get them later. g is nil until the first
// generation has arrived. follower is the incoming generation, or nil; resting is what
// its child has published if it waits for calls, or nil.
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
		return todo // the waiting picker that gRPC has will do
	}
	d.at = now
	d.published++
	picker := d.picker(g)
	if resting != nil {
		picker = shown{hosted.Preview{Serves: picker, Rests: resting.Picker}, d.door}
	}
	todo = append(todo, publish{balancer.State{ConnectivityState: state, Picker: picker}})
	return d.release(todo)
}

// stateOf returns the state to give gRPC for g. It is that of its backends, with two
// exceptions:
//   - after TRANSIENT_FAILURE comes READY and not CONNECTING (see state.sticky), except
//     for an empty list, which has calls wait, and for a child that rests, which is READY
//     only after it has got calls;
//   - instead of TRANSIENT_FAILURE it is CONNECTING while a successor connects: calls
//     wait for that.
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

// due returns when the picker of g is to be replaced because it is out of date; zero
// if it is not.
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
	return waiting{d.gate, d.door, d.epoch}
}

// idlePicker returns what picks for the calls that a child's picker has no backend for.
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

// newFailing returns a picker that fails calls. Its error has only the text of the
// reason. The reason may be a gRPC status, such as that of the stream: with that gRPC
// would end every call with its code, and wait-for-ready calls too.
func (d *display) newFailing() balancer.Picker {
	d.text, d.reasonOf = d.newest.failure().Error(), d.newest.number
	return failing{errors.New(d.text), d.newWaiting()}
}

// release appends that the pending queue is to be told which parked calls have a picker
// that can serve them, unless it was told before. If every call is dropped, those are
// all but the pings, which the dropping picker parks under the last epoch.
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

// alone reports whether no child chooses for g, which may be nil; see chooser.
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

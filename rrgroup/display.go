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
	// quietPerEntry times the number of entries is the least time between two pickers
	// that differ only in which backends are READY. To build a picker takes some
	// nanoseconds for each entry. So a group uses at most a few hundredths of a processor
	// for that, even if its backends become READY one after the other.
	quietPerEntry = 200 * time.Nanosecond

	// quietMinimum is the shortest time for which a timer is set. A picker of fewer than
	// 500 entries would have a shorter time, and is replaced at once.
	quietMinimum = 100 * time.Microsecond

	// quietFailing is the least time between two failing pickers that differ only in
	// their text. For each new picker gRPC picks again for every call that waits.
	quietFailing = time.Second
)

// A display knows which state and picker gRPC was given last, and decides when gRPC gets
// new ones.
type display struct {
	gate Gate
	door Door

	state     connectivity.State
	of        *generation
	newest    *generation     // the incoming one or, if there is none, of: what calls wait for
	text      string          // the error text of the last failing picker
	reasonOf  uint64          // the number of the generation that the text is about
	previewed *balancer.State // the state of the incoming child in hosted.Preview, or nil
	at        time.Time       // when the last picker was published
	published uint64          // how many pickers were published

	epoch    uint64 // of the waiting picker that was built last
	released uint64 // the epoch that the pending queue was told last
}

// newDisplay returns a display. gRPC has been given First.
func newDisplay(gate Gate) display {
	return display{gate: gate, state: connectivity.Connecting, epoch: firstEpoch}
}

// firstEpoch is the epoch of the picker in First.
const firstEpoch = 1

// First returns the state to give gRPC before the first plan is adopted: calls wait.
func (g *Group) First() balancer.State {
	return balancer.State{ConnectivityState: connectivity.Connecting, Picker: waiting{g.options.Gate, g.options.Door, firstEpoch}}
}

// show appends the actions that give gRPC the state and picker of g, the current
// generation. It appends nothing if gRPC has them already or gets them later. g is nil
// before the first generation has taken over. follower is the incoming generation, or nil;
// resting is the state of its child if that connects only when it gets calls, or nil.
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
		return todo // gRPC has a waiting picker already
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

// stateOf returns the state to give gRPC for g. It is the state of its backends, with two
// exceptions:
//   - after TRANSIENT_FAILURE gRPC is not told CONNECTING, only READY (see state.sticky).
//     CONNECTING is told nevertheless if the list is empty and calls wait, and if a child
//     connects only when it gets calls;
//   - while a successor connects, gRPC is told CONNECTING instead of a new
//     TRANSIENT_FAILURE: calls wait for the successor.
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

// differs reports whether the picker for g has to be replaced although the state is the
// same, and for how long the old picker may be used.
func (d *display) differs(g *generation) (bool, time.Duration) {
	if d.wrongReason() {
		return true, 0
	}
	return g.by.outdated(d)
}

// wrongReason reports whether calls fail with the reason of a generation that is not the
// newest. They wait for the newest, so they should get its reason. See pick.reason.
func (d *display) wrongReason() bool {
	return d.state == connectivity.TransientFailure && d.reasonOf != d.newest.number
}

// due returns when the picker of g has to be replaced although the state is the same;
// zero: never.
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

// quietFor returns for how long a picker of so many entries may be used although other
// backends are READY now.
func quietFor(entries int) time.Duration {
	if quiet := time.Duration(entries) * quietPerEntry; quiet >= quietMinimum {
		return quiet
	}
	return 0
}

// picker builds the picker of g for the state that gRPC is told.
func (d *display) picker(g *generation) balancer.Picker {
	if g == nil {
		return d.newWaiting()
	}
	return g.by.picker(d)
}

// newWaiting returns a picker that has calls wait, with an epoch of its own.
func (d *display) newWaiting() waiting {
	d.epoch++
	return waiting{d.gate, d.door, d.epoch}
}

// idlePicker returns the picker for the calls for which a child's picker has no backend.
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

// newFailing returns a picker that fails calls. Its error has the text of the reason and
// is no gRPC status, even if the reason is one, such as the status of the stream. With a
// status gRPC would fail wait-for-ready calls too.
func (d *display) newFailing() balancer.Picker {
	d.text, d.reasonOf = d.newest.failure().Error(), d.newest.number
	return failing{errors.New(d.text), d.newWaiting()}
}

// release appends the action that tells the pending queue which parked calls can go on,
// unless the queue was told before. If the list has only drops, pings still wait: the
// dropping picker parks them under the last epoch, so that epoch is not released.
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

// alone reports whether no child chooses for g; see chooser. g may be nil.
func (g *generation) alone() bool { return g == nil || g.by.alone() }

// failure returns the error of calls while no backend of g is READY.
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

package fleet

import (
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
)

// A core decides for a service. Its methods get an event and the time. What is to be done is in
// todo afterwards, in this order. It is in one of three modes:
//
//   - waiting: a source has not spoken, or the overrides were not said. Clients are not
//     admitted and nothing is published.
//   - serving: each class is told its list.
//   - fallback: an override tells all classes to use their fallback addresses.
//
// It never goes back to waiting: a source that is added later only adds.
type core struct {
	name string
	todo []action

	recall    recall
	cfg       config.Service
	stale     bool // nothing was published since it changed
	zones     zones
	mode      view.Mode
	book      sourcebook
	conflicts map[string]string // by address
	noted     map[string]bool   // conflicts that were logged
	roster    roster
	scale     scale
	overrides overrides
	watching  watching

	// As published last.
	lists   lists
	verdict verdict
	census  census
	ramps   time.Time // when a backend that starts slowly gets more; zero: none does

	classes classes
	streams streams
	subsets subsets
	levels  time.Time // when to make up for clients that have left; zero: none has
	drained drained
	refusal string // why the balancer refused an answer last

	tooManyDrops string // which, if they are more than all calls; "": they are not

	pace    pace
	changes changes
}

// Watching is what the watcher has been told.
type watching struct {
	watcher   int // number of the watcher; it changes with each
	on        bool
	addresses []string
}

func newCore(service string) *core {
	return &core{
		name: service, mode: view.Waiting,
		conflicts: map[string]string{}, noted: map[string]bool{}, roster: newRoster(),
		classes: newClasses(), streams: streams{}, drained: drained{},
	}
}

// levelEvery is how often subsets make up for clients that have left.
const levelEvery = time.Minute

// tick does what is due.
func (c *core) tick(now time.Time) {
	c.complain(now)
	c.releaseHeld(now)
	if due(c.overrides.ends, now) {
		c.applyOverrides(now)
	}
	if due(c.scale.due, now) {
		c.lookAtLoad(now)
	}
	if due(c.ramps, now) {
		c.ramps = time.Time{}
		c.change(false, "slow start")
	}
	c.expire(now)
	if due(c.levels, now) {
		c.levels = time.Time{}
		if c.subsets.level() {
			c.change(false, "clients have left")
		}
	}
	if c.mode == view.Waiting {
		c.begin(now)
	} else if due(c.pace.due(), now) {
		c.publish(now)
	}
}

// next returns when tick has something to do; zero: never.
func (c *core) next() (at time.Time) {
	all := []time.Time{c.overrides.ends, c.scale.due, c.ramps, c.classes.next(), c.levels}
	if c.mode != view.Waiting {
		all = append(all, c.pace.due())
	}
	for _, e := range c.book.sources {
		all = append(all, e.heldTill, e.complain)
	}
	for _, t := range all {
		if !t.IsZero() && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
	return at
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func due(at, now time.Time) bool { return !at.IsZero() && !now.Before(at) }

// change notes that lists may be others now, and why.
func (c *core) change(urgent bool, why string) {
	c.pace.change(urgent)
	c.changes.because(why)
}

// begin begins to serve, if everybody has spoken.
func (c *core) begin(now time.Time) {
	if !c.recall.known || !c.overrides.said || len(c.book.silent()) > 0 {
		return
	}
	c.mode = view.Serving
	c.change(true, "all sources have spoken")
	c.publish(now)
	c.do(announce{})
}

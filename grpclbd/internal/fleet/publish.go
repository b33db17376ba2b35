package fleet

import (
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/view"
	"github.com/actorlb/grpclb/lbserver"
)

// publish decides who is served with which weight, and tells each class what has changed for
// it.
func (c *core) publish(now time.Time) {
	served := c.decide(now)
	c.mode = view.Serving
	if c.overrides.fallback != nil {
		c.mode, served = view.Fallback, 0
	}
	c.place(now)
	c.stale = false
	c.pace.published(now)

	changed := false
	for _, name := range slices.Sorted(maps.Keys(c.classes.byName)) {
		changed = c.tell(c.classes.byName[name], now) || changed
	}
	if changed {
		c.do(changedLists{c.changes.note(served, now), served == 0 && c.mode == view.Serving})
	}
	c.changes.published(served)
	if c.drained.lacks(c.classes.byName) {
		c.do(number{})
	}
}

// published notes how long publishing took, if that began then.
func (c *core) published(began time.Time, took time.Duration) {
	if c.pace.last.Equal(began) {
		c.pace.took = took
	}
}

// place makes what the lists are made of.
func (c *core) place(now time.Time) {
	c.roster.weigh(c.overrides.weights, c.scale)
	placing, ramps := c.roster.place(c.cfg, now)
	c.ramps = ramps
	c.lists = newLists(c.cfg, placing, c.overrides.dropped(c.cfg.Drops))
	c.subsets.set(c.cfg.Subset, c.cfg.Spread, c.lists.shares[canary], placing)
}

// decide applies health and its guard.
func (c *core) decide(now time.Time) (served int) {
	c.census = c.roster.take(c.overrides.drained)
	verdict := c.census.judge(c.cfg.Health != nil, c.cfg.Guard.MinHealthy)
	c.logVerdict(verdict)
	c.verdict = verdict
	return c.roster.decide(verdict, c.overrides.drained, now)
}

// logVerdict logs when the guard minHealthy begins and ends to hold.
func (c *core) logVerdict(v verdict) {
	switch {
	case v == c.verdict:
	case v == distrusted:
		c.warn("too few backends are healthy, so all are served", slog.String("why", c.census.tooFew(c.cfg.Guard.MinHealthy)))
	case c.verdict == distrusted:
		c.info("enough backends are healthy again, so only those are served",
			slog.Int("from", c.census.known()), slog.Int("to", c.census.healthy+c.census.presumed))
	}
}

// tell tells a class its answer, if that is another one now.
func (c *core) tell(cl *class, now time.Time) (changed bool) {
	a := &answer{fallback: true}
	if c.mode != view.Fallback {
		a = &answer{servers: c.lists.of(cl, &c.subsets)}
	}
	if cl.told.equal(a) || cl.refused.equal(a) {
		return false
	}
	cl.before, cl.told, cl.refused, cl.changed = cl.told, a, nil, now
	c.do(a.action(cl.name))
	return true
}

// refused notes that the balancer did not take the answer of a class: its clients keep the one before.
// It is not asked to take it again. A balancer that was closed has no clients any more.
func (c *core) refused(class string, err error) {
	if errors.Is(err, lbserver.ErrClosed) {
		return
	}
	if !c.classes.refused() || c.refusal != err.Error() {
		c.do(say{slog.LevelError, refusedList + err.Error(), nil})
	}
	c.refusal = err.Error()
	if cl := c.classes.byName[class]; cl != nil {
		cl.refused, cl.told = cl.told, cl.before
	}
}

const refusedList = "the balancer has refused a list, so clients keep the one before: "

// numbered takes the numbers of the answers that were set last.
func (c *core) numbered(answers []lbserver.AnswerState) { c.drained.numbered(answers) }

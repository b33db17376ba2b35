package fleet

import (
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
	"github.com/actorlb/grpclb/grpclbd/internal/observe"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
)

// sourceSaid takes the report of a source.
func (c *core) sourceSaid(slot int, r backend.Report, now time.Time) {
	e := c.book.of(slot)
	if e == nil {
		return
	}
	c.logSource(e, r, now)
	if r.Err != nil {
		e.failed(r.Err, r.At)
		return
	}
	if e.again(r) {
		return
	}
	first := !e.spoken
	held := e.hear(r, c.cfg.Guard, c.excuses(r.Withdrawn), now)
	c.warnOfHold(e, held, now)
	c.keep()
	why := "source " + e.String()
	if first && c.book.part() {
		why += " has spoken, so those before it are forgotten"
	}
	c.gather(why)
}

// excuses returns a function that says whether the guard maxRemove lets a backend go at once: because it has
// withdrawn by itself, as these have, or is unhealthy or drained.
func (c *core) excuses(withdrawn []string) func(address string) bool {
	return func(address string) bool {
		_, itself := slices.BinarySearch(withdrawn, address)
		return itself || c.excused(address)
	}
}

// excused reports whether a backend is unhealthy or drained.
func (c *core) excused(address string) bool {
	return c.roster.unhealthy(address) || c.overrides.drained(address)
}

// logSource logs that a source can be read again, and what it has that can't be used. That it
// fails is logged by complain.
func (c *core) logSource(e *entry, r backend.Report, now time.Time) {
	at := slog.String("source", e.String())
	switch {
	case r.Err != nil && e.err == "":
		e.complain = later(now, e.logged.Add(time.Second))
	case r.Err == nil:
		e.complain = time.Time{}
		if e.complained {
			e.complained = false
			c.info("the source can be read again", at)
		}
	}
	if r.Err == nil && r.Warning != e.warning {
		e.warning = r.Warning
		if r.Warning != "" && now.Sub(e.warned) >= time.Second {
			e.warned = now
			c.warn("the source has something that can't be used: "+r.Warning, at)
		}
	}
}

// complain logs that sources fail: of one that flaps once a second at most.
func (c *core) complain(now time.Time) {
	for _, e := range c.book.sources {
		if !due(e.complain, now) {
			continue
		}
		e.complain, e.complained, e.logged = time.Time{}, true, now
		if at := slog.String("source", e.String()); e.spoken {
			c.warn("the source can't be read; what it said last stays in use: "+e.err, at)
		} else {
			c.warn("the source can't be read; it has said nothing yet: "+e.err, at)
		}
	}
}

// warnOfHold logs that backends are held, once a second at most for each source.
func (c *core) warnOfHold(e *entry, held int, now time.Time) {
	if held == 0 || now.Sub(e.holdLogged) < time.Second {
		return
	}
	e.holdLogged = now
	c.warn(fmt.Sprintf("the source has taken away more than %d %% of its backends%s: %s held until %s",
		c.cfg.Guard.MaxRemove, e.beforeStart(now), plural(len(e.held), "backend"), e.heldTill.Format(time.RFC3339)),
		slog.String("source", e.String()), slog.String("why", some(e.heldAddresses())))
}

// releaseHeld lets go the backends whose hold is over.
func (c *core) releaseHeld(now time.Time) {
	if slices.ContainsFunc(c.book.sources, func(e *entry) bool { return due(e.heldTill, now) }) {
		c.letGo(slog.LevelWarn, "the hold is over", func(_ string, until time.Time) bool { return !now.Before(until) })
	}
}

// confirm lets go all backends that are held. What is gone counts no more.
func (c *core) confirm() {
	for _, e := range c.book.sources {
		clear(e.losses)
	}
	c.letGo(slog.LevelInfo, "an operator has confirmed", func(string, time.Time) bool { return true })
}

// letGo lets go the backends that are held and may go.
func (c *core) letGo(level slog.Level, why string, may func(string, time.Time) bool) {
	gone := 0
	for _, e := range c.book.sources {
		if n := e.letGo(may); n > 0 {
			gone += n
			c.do(say{level, "the guard maxRemove lets " + plural(n, "backend") + " go", []slog.Attr{
				slog.String("source", e.String()), slog.String("why", why),
			}})
			c.gather("source " + e.String() + ", " + why)
		}
	}
	if gone > 0 {
		c.keep()
	}
}

// healthSaid takes what a watcher has found out. One that was stopped is not heard.
func (c *core) healthSaid(watcher int, all []observe.Health) {
	if watcher != c.watching.watcher || c.cfg.Health == nil {
		return
	}
	for _, h := range all {
		m := c.roster.members[h.Address]
		if m == nil {
			continue
		}
		m.known, m.health = true, h
		c.change(true, healthInWords(h))
	}
	c.letGo(slog.LevelInfo, "it is unhealthy", func(address string, _ time.Time) bool { return c.excused(address) })
}

func healthInWords(h observe.Health) string {
	if h.Healthy {
		return h.Address + " is healthy"
	}
	return fmt.Sprintf("%s is unhealthy: %s", h.Address, h.Why)
}

// loadSaid takes the load that a watcher has measured.
func (c *core) loadSaid(watcher int, all []observe.Load, now time.Time) {
	if watcher != c.watching.watcher || c.cfg.Load == nil {
		return
	}
	for _, l := range all {
		if m := c.roster.members[l.Address]; m != nil {
			m.load = l
		}
	}
	c.lookAtLoad(now)
}

func (c *core) lookAtLoad(now time.Time) {
	if c.scale.look(&c.roster, c.cfg.Load.Interval, now) {
		c.change(false, "load")
	}
}

// overridesSaid takes the overrides of all services.
func (c *core) overridesSaid(all []override.Override, now time.Time) {
	c.overrides.set(c.name, all)
	c.applyOverrides(now)
}

// applyOverrides notes what overrides change now.
func (c *core) applyOverrides(now time.Time) {
	for _, why := range c.overrides.apply(now) {
		c.change(true, why)
	}
	c.drained.set(c.overrides.drains)
	c.logDrops()
	c.letGo(slog.LevelInfo, "it is drained", func(address string, _ time.Time) bool { return c.overrides.drained(address) })
}

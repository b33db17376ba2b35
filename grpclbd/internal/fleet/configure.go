package fleet

import (
	"log/slog"
	"maps"
	"reflect"
	"slices"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

// configure takes a configuration. What is equal to what was before goes on as it is. The first one
// waits until it is known what sources said before the start.
func (c *core) configure(cfg config.Service) {
	if !c.recall.known {
		c.recall.first = &cfg
		return
	}
	before := c.cfg
	c.cfg, c.stale = cfg, true
	c.zones = newZones(cfg.Zones)
	c.observe(before)
	for _, e := range c.book.sources {
		e.prolong(cfg.Guard.Hold - before.Guard.Hold)
	}
	started, stopped := c.book.configure(cfg.Sources)
	c.recall.tell(started)
	for _, e := range stopped {
		c.do(stopSource{e.slot})
	}
	for _, e := range started {
		c.do(startSource{e.slot, e.cfg})
	}
	c.book.part()
	if len(stopped) > 0 {
		c.keep()
	}
	c.gather("the configuration has changed")
	c.logDrops()
	c.change(true, "the configuration has changed")
	c.zones.learn(c.roster.sorted)
}

// observe starts and stops watchers. What is known about backends stays, unless nobody will
// bring it up to date.
func (c *core) observe(before config.Service) {
	same := reflect.DeepEqual(c.cfg.Health, before.Health) && reflect.DeepEqual(c.cfg.Load, before.Load)
	if same {
		return
	}
	if c.cfg.Health == nil {
		c.roster.forgetHealth()
	}
	if c.cfg.Load == nil {
		c.scale.reset(&c.roster)
	}
	w := &c.watching
	w.watcher++
	w.addresses = nil
	if c.cfg.Health == nil && c.cfg.Load == nil {
		if w.on {
			c.do(stopWatcher{})
		}
		w.on = false
		return
	}
	w.on = true
	c.do(startWatcher{w.watcher, c.cfg.Health, c.cfg.Load})
	c.watch()
}

// watch tells the watcher which backends there are, if these are others.
func (c *core) watch() {
	all := c.roster.addresses()
	if c.watching.on && !slices.Equal(all, c.watching.addresses) {
		c.watching.addresses = all
		c.do(watch{all})
	}
}

// gather merges what the sources say.
func (c *core) gather(why string) {
	all, conflicts := merge(c.book.all())
	c.noteConflicts(conflicts)
	came, gone, changed := c.roster.set(all)
	if len(came)+len(gone)+len(changed) == 0 {
		return
	}
	c.watch()
	c.zones.learn(c.roster.sorted)
	c.change(false, why+inTotal(came, gone, changed))
}

// noteConflicts logs conflicts that are new: a few of them, each once.
func (c *core) noteConflicts(conflicts map[string]string) {
	if len(c.noted) > 1000 {
		clear(c.noted)
	}
	lines := 0
	for _, address := range slices.Sorted(maps.Keys(conflicts)) {
		sentence := conflicts[address]
		if c.noted[sentence] || lines == keptReasons {
			continue
		}
		lines++
		c.noted[sentence] = true
		c.warn("sources describe a backend differently: "+sentence, slog.String("backend", address))
	}
	c.conflicts = conflicts
}

// inTotal says which backends have come and gone.
func inTotal(came, gone, changed []string) (s string) {
	for _, part := range []struct {
		what  string
		names []string
	}{{" added ", came}, {" removed ", gone}, {" changed ", changed}} {
		if len(part.names) > 0 {
			if s != "" {
				s += ","
			}
			s += part.what + some(part.names)
		}
	}
	return ":" + s
}

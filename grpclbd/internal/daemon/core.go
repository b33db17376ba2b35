package daemon

import (
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/grpclbd/internal/store"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
)

// A core decides which fleets run and whether the process is ready. It is an ordinary value:
// it is told what happened, and leaves in todo what is to be done, in order.
type core struct {
	first    *config.Config            // the one that the process was started with
	wanted   []config.Service          // those of the configuration in force
	running  map[string]config.Service // services that have a fleet
	waiting  map[string]bool           // those of them that clients may not have yet
	names    map[string]string         // what clients may ask for → the service that they get
	late     map[string]bool           // names that another service keeps until theirs is ready
	reviews  int                       // the last one that was begun
	reviewed int                       // the last one that is over
	serving  bool                      // the process has been ready once
	stopping bool

	file      view.Config
	overrides []override.Override
	told      bool // the store has said which overrides there are
	replicas  []store.Replica
	store     store.State

	todo []action
}

func newCore(first *config.Config, path string, now time.Time) *core {
	c := &core{first: first, running: map[string]config.Service{}, waiting: map[string]bool{}}
	c.file.Path = path
	c.configured(first, now)
	return c
}

func (c *core) do(a action) { c.todo = append(c.todo, a) }

// configured starts, changes and stops services. What else is in the configuration can't be
// changed while the process runs.
func (c *core) configured(cfg *config.Config, now time.Time) {
	last := c.wanted
	c.wanted = cfg.Services
	c.noteReload(last)
	before := len(c.running)
	others := false
	for _, s := range cfg.Services {
		others = c.apply(s) || others
	}
	if c.told && len(c.running) > before {
		c.do(tell{c.overrides})
	}
	c.name(others)
	c.file.Loaded, c.file.Error, c.file.ErrorAt = now, "", time.Time{}
	c.needRestart(restartFor(c.first, cfg))
	c.serve()
}

// needRestart notes which fields need a restart. It is logged when they are others than before.
func (c *core) needRestart(fields []string) {
	if len(fields) > 0 && !slices.Equal(fields, c.file.Restart) {
		c.do(warn{"the configuration has changes that need a restart", []slog.Attr{slog.String("fields", strings.Join(fields, ", "))}})
	}
	c.file.Restart = fields
}

// apply starts or changes a service. It reports whether its clients may be of other classes
// then.
func (c *core) apply(s config.Service) (others bool) {
	old, runs := c.running[s.Name]
	switch {
	case !runs:
		c.running[s.Name] = s
		c.waiting[s.Name] = true
		c.do(start{s})
	case !reflect.DeepEqual(old, s):
		c.running[s.Name] = s
		c.do(configure{s})
		return !sameClasses(old, s)
	}
	return false
}

// restartFor names the fields that differ and are read only when the process starts.
func restartFor(first, now *config.Config) (fields []string) {
	a, b := reflect.ValueOf(*first), reflect.ValueOf(*now)
	for i := range a.NumField() {
		field := a.Type().Field(i)
		if field.Name != "Services" && !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
			fields = append(fields, field.Tag.Get("yaml"))
		}
	}
	return fields
}

// refused notes that a newer configuration can't be used.
func (c *core) refused(why error, now time.Time) {
	if c.file.Error == why.Error() {
		return
	}
	c.file.Error, c.file.ErrorAt = why.Error(), now
	c.do(warn{"the new configuration is not used, the one before stays in force", []slog.Attr{slog.String("why", why.Error())}})
}

func (c *core) overridesSaid(all []override.Override) {
	c.noteOverrides(all)
	c.overrides, c.told = all, true
	c.do(tell{all})
}

// storeSaid notes whether the store can be reached. The store logs it.
func (c *core) storeSaid(s store.State) { c.store = s }

// ready notes that clients may have a service.
func (c *core) ready(name string) {
	if !c.waiting[name] {
		return
	}
	delete(c.waiting, name)
	c.do(inform{"the service is ready", []slog.Attr{slog.String("service", name)}})
	c.name(false)
	c.serve()
}

// serve says that clients may come as soon as each service is ready. Later services that
// are not ready do not change that: their own clients are sent away.
func (c *core) serve() {
	if c.serving || c.stopping || len(c.waiting) > 0 {
		return
	}
	c.serving = true
	c.do(serve{true})
	c.do(inform{"every service is ready", nil})
}

// stop says that clients may not come any more.
func (c *core) stop() {
	c.stopping = true
	c.do(serve{false})
}

// state returns what the daemon knows, but for what its caller can say.
func (c *core) state() view.State {
	s := view.State{
		Ready:    c.serving && !c.stopping,
		Stopping: c.stopping,
		Config:   c.file,
		Store:    view.Store{Reached: c.store.Reached, Since: c.store.Since, Why: c.store.Why},
		Replicas: c.replicas,
	}
	if c.stopping {
		s.NotReady = append(s.NotReady, "the process is stopping")
	} else if !c.serving {
		for _, name := range slices.Sorted(maps.Keys(c.waiting)) {
			s.NotReady = append(s.NotReady, fmt.Sprintf("service %q is not ready", name))
		}
	}
	return s
}

package daemon

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/grpclbd/internal/store"
)

// services is a configuration with these services. Behind a colon is what differs.
func services(names ...string) *config.Config {
	cfg := &config.Config{Listen: "a:1"}
	for _, n := range names {
		name, token, _ := strings.Cut(n, ":")
		cfg.Services = append(cfg.Services, config.Service{Name: name, Sources: []config.Source{{Static: []string{"10.0.0.1:1"}, Token: token}}})
	}
	return cfg
}

// A bench is a core, and what it wanted done.
type bench struct {
	*core
	t *testing.T
}

func newBench(t *testing.T, names ...string) bench {
	return bench{newCore(services(names...), "f.yaml", time.Unix(1, 0)), t}
}

// wants checks what the core has left to do, a word or two each.
func (b bench) wants(want ...string) {
	b.t.Helper()
	var got []string
	for _, a := range b.todo {
		switch a := a.(type) {
		case start:
			got = append(got, "start "+a.service.Name)
		case configure:
			got = append(got, "configure "+a.service.Name)
		case stop:
			got = append(got, "stop "+a.name)
		case review:
			got = append(got, fmt.Sprint("review ", a.number))
		case tell:
			got = append(got, fmt.Sprintf("tell %d", len(a.all)))
		case serve:
			got = append(got, fmt.Sprintf("serve %v", a.now))
		case warn:
			got = append(got, "warn")
		}
	}
	b.todo = nil
	if g, w := strings.Join(got, ", "), strings.Join(want, ", "); g != w {
		b.t.Errorf("to do: %s; want %s", g, w)
	}
}

func TestReady(t *testing.T) {
	b := newBench(t, "a", "b")
	b.wants("start a", "start b")
	b.ready("a")
	b.ready("nobody")
	b.wants()
	if s := b.state(); s.Ready || len(s.NotReady) != 1 || s.NotReady[0] != `service "b" is not ready` {
		t.Errorf("state %+v", s)
	}
	b.ready("b")
	b.ready("b")
	b.wants("serve true")
	if s := b.state(); !s.Ready || len(s.NotReady) != 0 {
		t.Errorf("state %+v", s)
	}
	// A service that comes later does not send the clients of the others away.
	b.configured(services("a", "b", "c"), time.Unix(2, 0))
	b.wants("start c")
	if !b.state().Ready {
		t.Error("the process is not ready any more")
	}
	b.stop()
	b.wants("serve false")
	b.ready("c")
	b.wants()
	if s := b.state(); s.Ready || !s.Stopping {
		t.Errorf("state %+v", s)
	}
}

// A service that is removed is not waited for.
func TestReady_WithoutTheServiceThatIsWaitedFor(t *testing.T) {
	b := newBench(t, "a", "b")
	b.ready("a")
	b.configured(services("a"), time.Unix(2, 0))
	b.wants("start a", "start b", "review 1", "serve true")
	b.placed(1, 0, nil)
	b.wants("stop b")
}

func TestConfig_Reload(t *testing.T) {
	b := newBench(t, "a", "b", "c")
	b.overridesSaid([]override.Override{{Kind: override.Fallback}})
	b.wants("start a", "start b", "start c", "tell 1")
	b.configured(services("a", "b:x", "d"), time.Unix(2, 0))
	b.wants("configure b", "start d", "tell 1", "review 1")
	b.configured(services("a", "b:x", "d"), time.Unix(3, 0))
	b.wants()
	b.placed(1, 0, nil)
	b.wants("stop c")
	b.configured(services("a", "b:x", "d"), time.Unix(4, 0))
	b.wants()
}

// with gives services of a configuration aliases.
func with(cfg *config.Config, aliases map[string]string) *config.Config {
	for i, s := range cfg.Services {
		if a, has := aliases[s.Name]; has {
			cfg.Services[i].Aliases = []string{a}
		}
	}
	return cfg
}

// owns checks which services clients get for names, as "name=service …".
func (b bench) owns(want string) {
	b.t.Helper()
	var got []string
	for _, name := range slices.Sorted(maps.Keys(b.names)) {
		got = append(got, name+"="+b.names[name])
	}
	if g := strings.Join(got, " "); g != want {
		b.t.Errorf("names: %s; want %s", g, want)
	}
}

// A name moves when its new service is ready. Until then the one that had it serves its clients, even
// if it is not configured any more; and it is stopped after they have gone on.
func TestConfig_NamesMove_WhenReady(t *testing.T) {
	b := bench{newCore(with(services("a", "b"), map[string]string{"b": "x"}), "", time.Unix(1, 0)), t}
	b.ready("a")
	b.ready("b")
	b.wants("start a", "start b", "serve true")
	b.owns("a=a b=b x=b")
	// b is renamed to c, and x is a service of its own.
	b.configured(with(services("a", "c", "x"), map[string]string{"c": "b"}), time.Unix(2, 0))
	b.wants("start c", "start x")
	b.owns("a=a b=b c=c x=b")
	b.ready("c")
	b.wants("review 1")
	b.owns("a=a b=c c=c x=b")
	b.placed(1, 3, nil)
	b.wants() // b has x still
	b.ready("x")
	b.wants("review 2")
	b.owns("a=a b=c c=c x=x")
	b.configured(with(services("a", "c", "x"), map[string]string{"c": "b", "a": "new"}), time.Unix(3, 0))
	b.wants("configure a")
	b.placed(2, 1, errors.New("some read nothing"))
	b.wants("warn", "stop b")
}

// A service that is not ready has no name to keep.
func TestConfig_NamesMove_FromOneThatIsNotReady(t *testing.T) {
	b := bench{newCore(with(services("a", "b"), map[string]string{"b": "x"}), "", time.Unix(1, 0)), t}
	b.ready("a")
	b.configured(with(services("a", "c"), map[string]string{"c": "x"}), time.Unix(2, 0))
	b.wants("start a", "start b", "start c", "review 1")
	b.owns("a=a c=c x=c")
	b.ready("b") // too late
	b.ready("c")
	b.placed(1, 0, nil)
	b.wants("serve true", "stop b")
}

// Connected clients are placed anew when a change of the configuration may put them into other
// classes, and not otherwise.
func TestClass_OfConnectedClients(t *testing.T) {
	b := newBench(t, "a")
	b.wants("start a")
	reviews := 0
	for _, c := range []struct {
		what  string
		set   func(*config.Service)
		other bool
	}{
		{"the same", func(*config.Service) {}, false},
		{"health", func(s *config.Service) { s.Health = &config.Health{} }, false},
		{"zones", func(s *config.Service) { s.Zones = &config.Zones{Spill: 70} }, true},
		{"their spill", func(s *config.Service) { s.Zones = &config.Zones{Spill: 50} }, false},
		{"their clients", func(s *config.Service) {
			s.Zones = &config.Zones{Clients: map[string]string{"10.0.0.0/8": "z"}}
		}, true},
		{"subsets", func(s *config.Service) { s.Subset = 3 }, true},
		{"their size", func(s *config.Service) { s.Subset = 4 }, false},
		{"no subsets", func(s *config.Service) { s.Subset = 0 }, true},
		{"no zones", func(s *config.Service) { s.Zones = nil }, true},
	} {
		cfg := services("a")
		cfg.Services[0] = b.running["a"]
		c.set(&cfg.Services[0])
		b.configured(cfg, time.Unix(2, 0))
		if c.other {
			reviews++
		}
		if b.reviews != reviews {
			t.Errorf("%s: %d reviews, want %d", c.what, b.reviews, reviews)
		}
	}
}

// A bad file changes nothing, and shows until there is a good one.
func TestConfig_Refused(t *testing.T) {
	b := newBench(t, "a")
	b.wants("start a")
	for at := range 3 {
		b.refused(errors.New("line 3"), time.Unix(int64(2+at), 0))
	}
	b.wants("warn")
	if f := b.state().Config; f.Error != "line 3" || f.ErrorAt != time.Unix(2, 0) || f.Loaded != time.Unix(1, 0) {
		t.Errorf("%+v", f)
	}
	b.configured(services("a"), time.Unix(9, 0))
	if f := b.state().Config; f.Error != "" || !f.ErrorAt.IsZero() || f.Loaded != time.Unix(9, 0) {
		t.Errorf("%+v", f)
	}
}

// What is read only at the start is named when it changes.
func TestConfig_NeedsRestart(t *testing.T) {
	b := newBench(t, "a")
	next := services("a")
	next.Listen, next.Limits.Clients = "b:1", 7
	b.configured(next, time.Unix(2, 0))
	b.wants("start a", "warn")
	b.configured(next, time.Unix(2, 0))
	b.wants() // it was logged
	if fields := strings.Join(b.state().Config.Restart, " "); fields != "listen limits" {
		t.Errorf("fields %q", fields)
	}
	b.configured(services("a"), time.Unix(3, 0))
	if len(b.state().Config.Restart) != 0 {
		t.Error("a restart is still needed")
	}
}

func TestStore_Away(t *testing.T) {
	b := newBench(t, "a")
	b.wants("start a")
	b.storeSaid(store.State{Reached: true, Since: time.Unix(1, 0)})
	b.storeSaid(store.State{Since: time.Unix(2, 0), Why: "no leader"})
	b.wants() // the store logs it; services go on
	if s := b.state().Store; s.Reached || s.Why != "no leader" {
		t.Errorf("%+v", s)
	}
}

package daemon

import (
	"errors"
	"fmt"
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
		case list:
			if len(a.without) > 0 {
				got = append(got, "list without "+strings.Join(a.without, " "))
			}
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
	b.wants("start a", "start b", "list without b", "stop b", "serve true")
}

func TestConfig_Reload(t *testing.T) {
	b := newBench(t, "a", "b", "c")
	b.overridesSaid([]override.Override{{Kind: override.Fallback}})
	b.wants("start a", "start b", "start c", "tell 1")
	b.configured(services("a", "b:x", "d"), time.Unix(2, 0))
	b.wants("configure b", "start d", "tell 1", "list without c", "stop c")
	b.configured(services("a", "b:x", "d"), time.Unix(3, 0))
	b.wants()
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
	b.storeSaid(store.State{Reached: true, Since: time.Unix(1, 0)})
	b.wants("start a")
	b.storeSaid(store.State{Since: time.Unix(2, 0), Why: "no leader"})
	b.wants("warn")
	b.storeSaid(store.State{Since: time.Unix(2, 0), Why: "timeout"})
	b.wants() // it was logged
	b.storeSaid(store.State{Since: time.Unix(2, 0), Why: "no leader"})
	b.wants()
	if s := b.state().Store; s.Reached || s.Why != "no leader" {
		t.Errorf("%+v", s)
	}
}

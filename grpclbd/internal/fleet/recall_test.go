package fleet

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/memory"
	"github.com/actorlb/grpclb/lbserver"
)

// restarted has a core that was running until a minute ago, with this in its file.
func restarted(t *testing.T, cfg config.Service, said ...memory.Said) *bench {
	b := &bench{core: newCore("svc"), t: t, now: start, answers: map[string]lbserver.AnswerState{}, sources: map[int]config.Source{}}
	b.configures(cfg)
	if len(b.sources) > 0 {
		t.Error("a source is started before it is known what it said")
	}
	b.overrides()
	if err := b.admit(); err == nil || !strings.Contains(err.Error(), "waiting for the file") {
		t.Errorf("admit says %v", err)
	}
	b.recalled(memory.State{At: start.Add(-time.Minute), Sources: said})
	b.settle()
	return b
}

func of(source string, backends ...backend.Backend) memory.Said {
	return memory.Said{Source: source, Backends: backends}
}

// What a source said before the start stands in for nothing: the source has to speak.
func TestGuard_Start_WaitsForTheSource(t *testing.T) {
	b := restarted(t, config.Service{}, of("dns one", many(4)...))
	b.fails(1, errors.New("timeout"))
	b.wants("nothing")
	if err := b.admit(); err == nil || !strings.Contains(err.Error(), "waiting for dns one") {
		t.Errorf("admit says %v", err)
	}
	b.says(1, many(3)...) // a quarter is gone, which the guard allows
	b.wants("a:1 b:1 c:1")
	if s := b.sees(); len(s.Guards) > 0 {
		t.Errorf("guards: %q", s.Guards)
	}
}

// What is held, and what a source that is still silent said before, is kept for the next start.
func TestGuard_Start_HeldAgain(t *testing.T) {
	b := restarted(t, twoSources, of("dns one", many(4)...), of("file two", be("x")))
	b.says(1)
	b = restarted(t, twoSources, b.kept...)
	b.says(1)
	b.says(2)
	b.wants("a:1 b:1 c:1 d:1 x:1")
	if s := b.sees(); len(s.Guards) != 2 || !strings.Contains(s.Guards[0], "has taken them away since the balancer ran last, 1m") {
		t.Errorf("guards: %q", s.Guards)
	}
	b.passes(guard.Hold)
	b.wants("empty")
	// From now on it is the guard of a source that was heard.
	b.says(1, many(4)...)
	b.says(1)
	if s := b.sees(); len(s.Guards) != 1 || strings.Contains(s.Guards[0], "ran last") {
		t.Errorf("guards: %q", s.Guards)
	}
}

// A static source is the configuration's own word, and another name server is another source.
func TestGuard_Start_WhichSource(t *testing.T) {
	cfg := config.Service{Sources: []config.Source{{Static: []string{"a"}}, {DNS: "one", Resolve: "10.0.0.1:53"}}}
	b := restarted(t, cfg, of("static a", many(4)...), of("dns one", many(4)...))
	b.says(2)
	b.says(1, be("a"))
	b.wants("a:1")
	b.says(2, be("b"))
	if len(b.kept) != 1 || b.kept[0].Source != "dns one at 10.0.0.1:53" || len(b.kept[0].Backends) != 1 {
		t.Errorf("kept is %+v", b.kept)
	}
	b.configures(config.Service{Sources: cfg.Sources[:1]})
	if len(b.kept) != 0 {
		t.Errorf("of a source that is not configured any more there is %+v", b.kept)
	}
}

// The guard that is switched off holds nothing at the start.
func TestGuard_Start_SwitchedOff(t *testing.T) {
	off := config.Service{Guard: config.Guard{MinHealthy: 50, MaxRemove: 100, Hold: time.Minute}}
	b := restarted(t, off, of("dns one", many(4)...))
	b.says(1)
	b.wants("empty")
}

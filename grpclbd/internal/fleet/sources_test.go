package fleet

import (
	"errors"
	"testing"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
)

var twoSources = config.Service{Sources: []config.Source{{DNS: "one"}, {File: "two"}}}

func TestReady_WaitsForEachSource(t *testing.T) {
	b := newBench(t, twoSources)
	b.overrides()
	b.says(2, be("b"))
	if err := b.admit(); err == nil || err.Error() != `rpc error: code = Unavailable desc = the balancer does not know the backends of "svc" yet: waiting for dns one` {
		t.Errorf("admit says %v", err)
	}
	b.wants("nothing")
	b.fails(1, errors.New("no such host"))
	b.wants("nothing")
	b.wantsLogged(1, "the source can't be read; it has said nothing yet: no such host")
	if b.announced != 0 {
		t.Error("it is announced although a source has not spoken")
	}
	b.says(1)
	b.wants("b:1")
	if err := b.admit(); err != nil {
		t.Errorf("admit says %v", err)
	}
	b.says(1, be("a"))
	b.wants("a:1 b:1")
	if b.announced != 1 {
		t.Errorf("it is announced %d times", b.announced)
	}
}

func TestReady_WaitsForOverrides(t *testing.T) {
	b := newBench(t, config.Service{})
	b.says(1, be("a"))
	if s := b.sees(); s.Mode != view.Waiting || len(s.Waiting) != 1 || s.Waiting[0] != "the overrides in the store" {
		t.Errorf("%v, waiting for %q", s.Mode, s.Waiting)
	}
	b.wants("nothing")
	b.overrides()
	b.wants("a:1")
}

func TestReady_NoneIsAnAnswer(t *testing.T) {
	b := serving(t, config.Service{})
	b.wants("empty")
	if s := b.sees(); s.Mode != view.Serving {
		t.Errorf("mode %s", s.Mode)
	}
}

func TestSource_Merge(t *testing.T) {
	b := newBench(t, twoSources)
	b.overrides()
	b.says(2, be("a", "weight=7"), be("c"))
	b.says(1, be("a", "weight=2"), be("b"))
	b.wants("a:2 b:1 c:1")
	b.wantsLogged(1, "sources describe a backend differently: a: dns one says weight 2, file two says weight 7; the first is used")
	if s := b.sees(); len(s.Conflicts) != 1 || s.Backends[0].Source != 0 || s.Backends[2].Source != 1 {
		t.Errorf("conflicts %q, sources of %v", s.Conflicts, s.Backends)
	}
	b.says(2, be("a", "weight=7"))
	b.wantsLogged(1, "sources describe")
	b.says(1, be("b"), be("x"))
	b.wants("a:7 b:1 x:1")
	if s := b.sees(); len(s.Conflicts) != 0 {
		t.Errorf("conflicts %q", s.Conflicts)
	}
}

func TestSource_LastKnown(t *testing.T) {
	b := serving(t, config.Service{}, be("a"), be("b"))
	said := b.now
	b.passes(time.Hour)
	failed := b.now
	b.fails(1, errors.New("SERVFAIL"))
	b.passes(time.Hour)
	b.fails(1, errors.New("timeout"))
	b.wants("a:1 b:1")
	s := b.sees().Sources[0]
	if s.Error != "timeout" || !s.ErrorAt.Equal(failed) || !s.Said.Before(said) || s.Said.IsZero() || s.Backends != 2 {
		t.Errorf("%+v", s)
	}
	b.wantsLogged(1, "the source can't be read")
	b.says(1, be("b"))
	b.wants("b:1")
	b.wantsLogged(1, "the source can be read again")
	if s := b.sees().Sources[0]; s.Error != "" || !s.ErrorAt.IsZero() {
		t.Errorf("%+v", s)
	}
}

func TestSource_ChangeOfConfiguration(t *testing.T) {
	b := newBench(t, twoSources)
	b.overrides()
	b.says(1, be("a"))
	b.says(2, be("b"))
	// The first is gone, the second stays as it is, the third is new.
	b.configures(config.Service{Sources: []config.Source{{File: "two"}, {Etcd: "three"}}})
	if len(b.sources) != 2 || b.sources[2].File != "two" || b.sources[3].Etcd != "three" {
		t.Errorf("sources %v", b.sources)
	}
	b.wants("a:1 b:1")
	if err := b.admit(); err != nil {
		t.Errorf("admit says %v", err)
	}
	b.says(1, be("z")) // it was stopped: it is not heard
	b.wants("a:1 b:1")
	b.says(3, be("c"))
	b.wants("b:1 c:1")
	// In another order, and nothing else.
	b.configures(config.Service{Sources: []config.Source{{Etcd: "three"}, {File: "two"}}})
	b.says(2, be("b"), be("c", "weight=9"))
	b.wants("b:1 c:1")
	if s := b.sees().Sources; len(s) != 2 || s[0].Kind != "etcd" || s[1].Name != "two" {
		t.Errorf("%+v", s)
	}
}

func TestGuard_MaxRemove(t *testing.T) {
	b := serving(t, config.Service{}, many(4)...)
	b.says(1, be("a"), be("b"))
	b.wants("a:1 b:1") // half is no more than 50 %
	b = serving(t, config.Service{}, many(4)...)
	b.says(1, be("a"))
	b.wants("a:1 b:1 c:1 d:1")
	b.wantsLogged(1, "the source has taken away more than 50 % of its backends: 3 backends held")
	if s := b.sees(); len(s.Sources[0].Held) != 3 || len(s.Guards) != 1 || s.Sources[0].Backends != 1 {
		t.Errorf("%+v, guards %q", s.Sources[0], s.Guards)
	}
	// Named again, one is not held any more. The others stay until their time, although they are no more than half now.
	b.says(1, be("a"), be("b"))
	b.wants("a:1 b:1 c:1 d:1")
	if held := b.sees().Sources[0].Held; len(held) != 2 {
		t.Errorf("held: %v", held)
	}
	b.passes(guard.Hold - 5*calm)
	b.wants("a:1 b:1 c:1 d:1")
	b.passes(5 * calm)
	b.wants("a:1 b:1")
	b.wantsLogged(1, "WARN the guard maxRemove lets 2 backends go")
}

func TestGuard_MaxRemove_EachHasItsTime(t *testing.T) {
	b := serving(t, config.Service{}, many(4)...)
	b.says(1, be("d"))
	b.passes(guard.Hold / 2)
	b.says(1)
	b.passes(guard.Hold/2 + calm)
	b.wants("d:1")
	b.passes(guard.Hold / 2)
	b.wants("empty")
}

// Backends that are taken away one after another are counted together, if that is within ten seconds.
func TestGuard_MaxRemove_OneAfterAnother(t *testing.T) {
	b := serving(t, config.Service{}, many(11)...)
	for n := 10; n >= 3; n-- {
		b.passes(250 * time.Millisecond)
		b.says(1, many(n)...)
	}
	b.wants("a:1 b:1 c:1 d:1 e:1 f:1") // five of eleven were allowed
	if held := b.sees().Sources[0].Held; len(held) != 3 {
		t.Errorf("held: %v", held)
	}
	b.wantsLogged(1, "the source has taken away more than 50 %")
	// An operator says that they may go; then those after them may go too.
	b.confirm()
	b.settle()
	b.wants("a:1 b:1 c:1")
	b.says(1, many(2)...)
	b.wants("a:1 b:1")

	b = serving(t, config.Service{}, many(11)...)
	for n := 10; n >= 0; n-- {
		b.passes(window / 2)
		b.says(1, many(max(n, 3))...)
	}
	b.wants("a:1 b:1 c:1") // slowly: two in ten seconds
}

// Those that come back, and those that are unhealthy, drained or withdrawn, are not counted.
func TestGuard_MaxRemove_OneAfterAnother_NotCounted(t *testing.T) {
	b := serving(t, checks, many(6)...)
	b.healthy("a", "b", "c", "d", "e", "f")
	b.says(1, many(4)...)
	b.says(1, many(6)...)
	b.healthy("e", "f")
	b.unhealthy("f")
	b.says(1, many(5)...)
	b.overrides(drain("e"))
	b.says(1, many(4)...)
	b.sourceSaid(1, backend.Report{Backends: many(3), Withdrawn: []string{"d"}, At: b.now}, b.now)
	b.settle()
	b.says(1, many(2)...)
	b.wants("a:1 b:1")
	if held := b.sees().Sources[0].Held; len(held) != 0 {
		t.Errorf("held: %v", held)
	}
}

// A configuration with a longer hold lengthens those that run, and one with a shorter hold shortens them.
func TestGuard_MaxRemove_HoldIsChanged(t *testing.T) {
	hold := func(d time.Duration) config.Service {
		return config.Service{Guard: config.Guard{MinHealthy: 50, MaxRemove: 50, Hold: d}}
	}
	b := serving(t, hold(time.Minute), many(4)...)
	b.says(1, be("a"))
	till := b.sees().Sources[0].HeldTill
	b.passes(30 * time.Second)
	b.configures(hold(10 * time.Minute))
	b.passes(9 * time.Minute)
	b.wants("a:1 b:1 c:1 d:1")
	if now := b.sees().Sources[0].HeldTill; !now.Equal(till.Add(9 * time.Minute)) {
		t.Errorf("held until %v, then %v", till, now)
	}
	b.configures(hold(time.Minute))
	b.wants("a:1")
	b.wantsLogged(1, "WARN the guard maxRemove lets 3 backends go")
}

func TestGuard_MaxRemove_Confirm(t *testing.T) {
	b := serving(t, config.Service{}, many(4)...)
	b.says(1)
	b.wants("a:1 b:1 c:1 d:1")
	b.confirm()
	b.settle()
	b.wants("empty")
}

func TestGuard_MaxRemove_UnlessUnhealthyOrDrained(t *testing.T) {
	b := serving(t, config.Service{Health: &config.Health{}}, many(4)...)
	b.healthy("a", "b", "c", "d")
	b.unhealthy("d")
	b.overrides(drain("c"))
	b.says(1, be("a"))
	b.wants("a:1") // b is a quarter of four
	b = serving(t, config.Service{Health: &config.Health{}}, many(4)...)
	b.healthy("a", "b", "c", "d")
	b.says(1)
	b.unhealthy("b") // while it is held
	if held := b.sees().Sources[0].Held; len(held) != 3 {
		t.Errorf("held: %v", held)
	}
	b.overrides(drain("c"))
	if held := b.sees().Sources[0].Held; len(held) != 2 {
		t.Errorf("held: %v", held)
	}
	b.wants("a:1 d:1")
}

// A backend that has withdrawn by itself goes at once, and does not count; the others are held as ever.
func TestGuard_Withdrawn(t *testing.T) {
	b := serving(t, config.Service{}, be("a"))
	leave := func(withdrawn []string, left ...backend.Backend) {
		b.sourceSaid(1, backend.Report{Backends: append([]backend.Backend{}, left...), Withdrawn: withdrawn, At: b.now}, b.now)
		b.settle()
	}
	leave([]string{"a"})
	b.wants("empty")
	b = serving(t, config.Service{}, many(4)...)
	leave([]string{"b", "c", "d"}, be("a"))
	b.wants("a:1")
	b = serving(t, config.Service{}, many(4)...)
	leave([]string{"d"})
	b.wants("a:1 b:1 c:1")
	leave([]string{"b", "d"}) // while it is held
	b.wants("a:1 c:1")
}

func TestGuard_MaxRemove_Flapping(t *testing.T) {
	b := serving(t, config.Service{}, many(8)...)
	sets := b.sets
	for range 1000 { // 100 Hz
		b.sourceSaid(1, report(b, 2), b.now)
		b.tick(b.now)
		b.passes(5 * time.Millisecond)
		b.sourceSaid(1, report(b, 8), b.now)
		b.tick(b.now)
		b.passes(5 * time.Millisecond)
	}
	if b.sets != sets {
		t.Errorf("%d lists", b.sets-sets)
	}
	if n := b.logged("taken away"); n > 11 {
		t.Errorf("%d lines", n)
	}
}

// A source that flaps within what the guard allows costs ten lists a second.
func TestSource_Flapping(t *testing.T) {
	b := serving(t, config.Service{}, many(8)...)
	sets, lines := b.sets, len(b.log)
	for i := range 1000 {
		b.sourceSaid(1, report(b, 7+i%2), b.now)
		b.tick(b.now)
		b.perform()
		b.passes(10 * time.Millisecond)
	}
	if b.sets-sets > 101 || len(b.log)-lines > 101 {
		t.Errorf("%d lists and %d lines in ten seconds", b.sets-sets, len(b.log)-lines)
	}
}

func TestSource_FlappingFailure(t *testing.T) {
	b := serving(t, config.Service{}, many(2)...)
	lines := len(b.log)
	for range 500 {
		b.sourceSaid(1, backend.Report{Err: errors.New("timeout"), At: b.now}, b.now)
		b.passes(10 * time.Millisecond)
		b.sourceSaid(1, report(b, 2), b.now)
		b.passes(10 * time.Millisecond)
	}
	b.perform()
	if n := len(b.log) - lines; n < 10 || n > 22 {
		t.Errorf("%d lines in ten seconds", n)
	}
}

// A failure that lasts is logged, also if it begins soon after another.
func TestSource_FailsAgain(t *testing.T) {
	b := serving(t, config.Service{}, many(2)...)
	b.fails(1, errors.New("timeout"))
	b.says(1, many(2)...)
	b.fails(1, errors.New("refused"))
	b.wantsLogged(1, "the source can't be read")
	b.passes(time.Second)
	b.wantsLogged(1, "the source can't be read; what it said last stays in use: refused")
	b.wantsLogged(1, "the source can be read again")
}

func TestSource_Warning(t *testing.T) {
	b := serving(t, config.Service{}, many(2)...)
	for range 3 {
		b.passes(2 * time.Second)
		b.sourceSaid(1, backend.Report{Backends: many(1), Warning: `key "x" is no backend`, At: b.now}, b.now)
		b.settle()
	}
	b.wants("a:1")
	b.wantsLogged(1, `WARN the source has something that can't be used: key "x" is no backend source=dns one`)
}

// Of thousands of conflicts a few are logged; all are to be seen.
func TestSource_Merge_ManyConflicts(t *testing.T) {
	b := newBench(t, twoSources)
	b.overrides()
	b.says(1, many(20)...)
	b.says(2, many(20, "weight=2")...)
	b.wantsLogged(keptReasons, "sources describe a backend differently")
	if s := b.sees(); len(s.Conflicts) != 20 {
		t.Errorf("%d conflicts", len(s.Conflicts))
	}
}

// A guard that is switched off holds nothing from the next report on, also if that says the same.
func TestGuard_MaxRemove_SwitchedOff(t *testing.T) {
	b := serving(t, config.Service{}, many(4)...)
	few := report(b, 1)
	b.sourceSaid(1, few, b.now)
	b.settle()
	b.wants("a:1 b:1 c:1 d:1")
	b.configures(config.Service{Guard: config.Guard{MinHealthy: 50, MaxRemove: 100, Hold: time.Minute}})
	b.sourceSaid(1, few, b.now)
	b.settle()
	b.wants("a:1")
}

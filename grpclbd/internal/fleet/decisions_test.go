package fleet

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/observe"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
	"github.com/actorlb/grpclb/lbserver"
)

var checks = config.Service{Health: &config.Health{}}

func TestHealth_Check(t *testing.T) {
	b := serving(t, checks, many(3)...)
	b.wants("a:1 b:1 c:1") // nothing is known: all are served, and stay so until their first answer
	b.unhealthy("a")
	b.wants("b:1 c:1")
	b.healthy("b", "c")
	b.wants("b:1 c:1")
	b.says(1, many(4)...)
	b.wants("b:1 c:1") // d is new
	b.healthy("d")
	b.wants("b:1 c:1 d:1")
	b.unhealthy("d")
	b.wants("b:1 c:1")
	if v := b.backend("d"); v.Health != "unhealthy" || v.Why != "it said NOT_SERVING" || v.Served || v.Reason != "unhealthy: it said NOT_SERVING" {
		t.Errorf("%+v", v)
	}
	b.healthy("d")
	b.wants("b:1 c:1 d:1")
}

func TestHealth_Check_SwitchedOnAndOff(t *testing.T) {
	b := serving(t, config.Service{}, many(2)...)
	b.wants("a:1 b:1")
	b.configures(checks)
	if len(b.watches) != 2 {
		t.Errorf("watched: %v", b.watches)
	}
	b.wants("a:1 b:1")
	b.unhealthy("a")
	b.wants("b:1")
	// Other checks: what is known stays until they have said something.
	b.configures(config.Service{Health: &config.Health{Fall: 9}})
	b.wants("b:1")
	if len(b.watches) != 2 {
		t.Errorf("watched: %v", b.watches)
	}
	b.configures(config.Service{})
	b.wants("a:1 b:1")
	b.unhealthy("a") // of a watcher that is gone
	b.wants("a:1 b:1")
}

func TestGuard_MinHealthy(t *testing.T) {
	b := serving(t, checks, many(4)...)
	b.healthy("a", "b", "c", "d")
	b.unhealthy("a", "b")
	b.wants("c:1 d:1") // 50 %
	b.unhealthy("c")
	b.wants("a:1 b:1 c:1 d:1")
	b.wantsLogged(1, "WARN too few backends are healthy, so all are served why=1 of 4 backends healthy, fewer than 50 %")
	if s := b.sees(); len(s.Guards) != 1 {
		t.Errorf("guards %q", s.Guards)
	}
	b.overrides(drain("d"))
	b.wants("a:1 b:1 c:1") // one that is drained is not served, whatever the guard says
	b.overrides()
	b.healthy("a")
	b.wants("a:1 d:1")
	b.wantsLogged(1, "enough backends are healthy again")
	if s := b.sees(); len(s.Guards) != 0 {
		t.Errorf("guards %q", s.Guards)
	}
}

// Many new backends at a time are no sign that health is wrong.
func TestGuard_MinHealthy_NewOnesDoNotCount(t *testing.T) {
	b := serving(t, checks, many(2)...)
	b.healthy("a", "b")
	b.says(1, many(9)...)
	b.wants("a:1 b:1")
	if s := b.sees(); len(s.Guards) != 0 {
		t.Errorf("guards %q", s.Guards)
	}
}

// If none ever succeeded, the guard decides.
func TestGuard_MinHealthy_NoneEver(t *testing.T) {
	b := serving(t, checks, many(3)...)
	b.unhealthy("a", "b", "c")
	b.wants("a:1 b:1 c:1")
	b.configures(config.Service{Health: checks.Health, Guard: config.Guard{MinHealthy: 0, MaxRemove: 50}})
	b.wants("empty")
}

func TestOverride_Drain(t *testing.T) {
	b := serving(t, config.Service{}, many(3)...)
	other := drain("c")
	other.Service = "another"
	mine := drain("b")
	mine.Service, mine.Why, mine.Until = "svc", "a new disk", b.now.Add(time.Hour)
	b.overrides(drain("a"), mine, other)
	b.wants("c:1")
	if v := b.backend("b"); !v.Draining || v.Reason != "drained by ann: a new disk" {
		t.Errorf("%+v", v)
	}
	b.passes(time.Hour)
	b.wants("b:1 c:1")
	if s := b.sees(); len(s.Overrides) != 1 {
		t.Errorf("overrides %v", s.Overrides)
	}
	b.overrides()
	b.wants("a:1 b:1 c:1")
}

func TestOverride_Weight(t *testing.T) {
	b := serving(t, config.Service{}, be("a"), be("b", "weight=3"))
	b.overrides(weigh("a", 7))
	b.wants("a:7 b:3")
	special := weigh("a", 5)
	special.Service = "svc"
	b.overrides(special, weigh("a", 7))
	b.wants("a:5 b:3") // what is said for the service counts more
	if w := b.backend("a").Weight; w != (view.Weight{Source: 1, Override: 5, Ramp: 100, Used: 5}) {
		t.Errorf("%+v", w)
	}
}

func TestOverride_Drop(t *testing.T) {
	b := serving(t, config.Service{Drops: []config.Drop{{Token: "shed", Percent: 5}}}, many(3)...)
	b.wants("a:19 b:19 c:19 drop shed:3")
	b.overrides(drop("shed", 10), drop("more", 40))
	b.wants("a:5 b:5 c:5 drop more:12 drop shed:3")
	b.overrides(drop("shed", 60), drop("more", 60))
	b.wants("drop more:60 drop shed:60") // all calls, and half of them under each token
	b.says(1)
	b.confirm()
	b.settle()
	b.wants("empty") // calls wait
}

// Drops of the configuration and of overrides may come together later. Then all calls are dropped, in proportion, and it is said.
func TestOverride_Drop_TooMany(t *testing.T) {
	b := serving(t, config.Service{Drops: []config.Drop{{Token: "shed", Percent: 40}}}, many(3)...)
	b.overrides(drop("more", 60))
	b.wants("drop more:60 drop shed:40")
	b.wantsLogged(0, "drops add up")
	if s := b.sees(); len(s.Guards) > 0 || len(s.Drops) != 2 || !s.Drops[0].Override || s.Drops[1].Override {
		t.Errorf("guards %q, drops %v", s.Guards, s.Drops)
	}
	b.configures(config.Service{Drops: []config.Drop{{Token: "shed", Percent: 90}}})
	b.wants("drop more:60 drop shed:90")
	const which = "more 60 % (override), shed 90 % (configuration)"
	b.wantsLogged(1, "drops add up to more than 100 %, so all calls are dropped, in proportion why="+which)
	if s := b.sees(); len(s.Guards) != 1 || s.Guards[0] != "drops: all calls are dropped, because more than 100 % are to be: "+which {
		t.Errorf("guards %q", s.Guards)
	}
	b.overrides(drop("more", 60))
	b.wantsLogged(1, "drops add up")
	b.overrides()
	b.wants("a:1 b:1 c:1 drop shed:27")
	b.wantsLogged(1, "drops add up to no more than 100 % again")
}

func TestOverride_Fallback(t *testing.T) {
	b := serving(t, config.Service{Zones: &config.Zones{Spill: 70}}, many(2)...)
	z := b.joins("", "grpclb-zone", "z1")
	end := override.Override{Kind: override.Fallback, Until: b.now.Add(time.Minute)}
	b.overrides(end)
	b.wants("fallback")
	b.classWants(z.Class, "fallback")
	other := b.joins("", "grpclb-zone", "z2")
	b.classWants(other.Class, "fallback")
	if s := b.sees(); s.Mode != view.Fallback {
		t.Errorf("mode %s", s.Mode)
	}
	b.passes(time.Minute)
	b.wants("a:1 b:1")
	b.classWants(other.Class, "a:1 b:1")
}

func TestLoad_Weights(t *testing.T) {
	b := serving(t, config.Service{Load: &config.Load{ORCA: true, Interval: 10 * time.Second}}, many(3)...)
	b.loads(map[string]float64{"a": 100, "b": 300})
	b.wants("a:8 b:24 c:16") // c has no data: the mean
	b.passes(10 * time.Second)
	b.loads(map[string]float64{"a": 104, "b": 305})
	b.wants("a:8 b:24 c:16") // less than a tenth
	b.loads(map[string]float64{"a": 200, "b": 300})
	b.wants("a:13 b:19 c:16")
	b.loads(map[string]float64{"a": 300})
	b.wants("a:13 b:19 c:16") // within the interval
	b.passes(10 * time.Second)
	b.wants("a:16 b:16 c:16")
	b.overrides(weigh("b", 2))
	b.wants("a:16 b:32 c:16")
	b.overrides()
	b.passes(10 * time.Second)
	b.loads(map[string]float64{"a": 0, "b": 0})
	b.wants("a:1 b:1 c:1")
	b.says(1, many(3, "weight=100")...)
	b.overrides(weigh("b", 200))
	b.passes(10 * time.Second)
	b.loads(map[string]float64{"a": 100, "b": 10, "c": 100})
	b.wants("a:23 b:32 c:23") // twice what sources say is twice the mean
	b.overrides()
	b.loads(map[string]float64{"a": 0, "b": 0, "c": 0})
	b.passes(10 * time.Second)
	b.wants("a:100 b:100 c:100")
	b.says(1, many(3)...)
	b.configures(config.Service{})
	b.wants("a:1 b:1 c:1")
}

func TestLoad_SlowStart(t *testing.T) {
	b := serving(t, config.Service{SlowStart: 10 * time.Second}, many(2)...)
	b.passes(time.Minute)
	b.wants("a:1 b:1")
	b.says(1, many(3)...)
	if w := b.backend("c").Weight; w.Ramp != 10 {
		t.Errorf("%+v", w)
	}
	b.wants("a:10 b:10 c:1")
	b.passes(5 * time.Second)
	if w := b.backend("c").Weight; w.Ramp < 45 || w.Ramp > 55 {
		t.Errorf("%+v", w)
	}
	b.passes(6 * time.Second)
	b.wants("a:1 b:1 c:1")
}

func TestCanary(t *testing.T) {
	cfg := config.Service{Canary: &config.Canary{Label: "track=canary", Percent: 10}}
	b := serving(t, cfg, be("a"), be("b", "track=canary"), be("c"), be("d"))
	b.wants("a:3 c:3 d:3 b:1")
	cfg.Canary = &config.Canary{Label: "track=canary"}
	b.configures(cfg)
	b.wants("a:1 c:1 d:1")
	b.overrides(drain("a"), drain("c"), drain("d"))
	b.wants("b:1")
}

// A balancer that was closed has no clients that could keep a list.
func TestList_ClosedBalancer(t *testing.T) {
	b := serving(t, config.Service{}, many(2)...)
	b.refuses = lbserver.ErrClosed
	b.says(1, many(3)...)
	b.wantsLogged(0, "refused")
	if s := b.sees(); len(s.Guards) != 0 {
		t.Errorf("guards %q", s.Guards)
	}
}

func TestList_RefusedByTheBalancer(t *testing.T) {
	b := serving(t, config.Service{}, many(2)...)
	b.refuses = errors.New("entry 2: the token is too long")
	b.says(1, many(3)...)
	b.wants("a:1 b:1")
	sets := b.sets
	b.overrides(weigh("x", 3)) // which changes no list
	if b.sets != sets || b.backend("a").Share != 0.5 {
		t.Errorf("%d more lists, a has %v of the calls", b.sets-sets, b.backend("a").Share)
	}
	b.wantsLogged(1, "ERROR the balancer has refused a list, so clients keep the one before: entry 2: the token is too long")
	if s := b.sees(); len(s.Guards) != 1 {
		t.Errorf("guards %q", s.Guards)
	}
	b.refuses = nil
	b.says(1, many(4)...)
	b.wants("a:1 b:1 c:1 d:1")
	if s := b.sees(); len(s.Guards) != 0 {
		t.Errorf("guards %q", s.Guards)
	}
}

func TestChange_OneLineEach(t *testing.T) {
	b := serving(t, checks, many(2)...)
	b.wantsLogged(1, "the lists have changed from=0 to=2 why=")
	b.healthy("a")
	b.wantsLogged(1, "the lists have changed")
	b.unhealthy("b")
	b.wantsLogged(1, "the lists have changed from=2 to=1 why=b is unhealthy: it said NOT_SERVING")
	for range 60 {
		b.healthy("b")
		b.unhealthy("b")
	}
	if s := b.sees(); len(s.Changes) != 50 || s.Changes[0].To != 1 || s.Changes[0].Why != "b is unhealthy: it said NOT_SERVING" {
		t.Errorf("%d changes, first %+v", len(s.Changes), s.Changes[0])
	}
}

func TestChange_SaysWhoDecided(t *testing.T) {
	b := serving(t, config.Service{}, many(3)...)
	o := drain("a")
	o.Why, o.Until = "a new disk", b.now.Add(time.Hour)
	b.overrides(o)
	b.wantsLogged(1, "the lists have changed from=3 to=2 why=drain a of every service by ann (a new disk)")
	b.overrides(o) // as the store repeats them
	b.passes(time.Hour)
	b.wantsLogged(1, "the lists have changed from=2 to=3 why=drain a of every service is over")
	b.overrides(override.Override{Kind: override.Fallback, Service: "svc", Who: "bob"})
	b.wantsLogged(1, `the lists have changed from=3 to=0 why=fallback of service "svc" by bob`)
}

// Lists without a backend are a warning, whoever has emptied them; lists that send clients to their fallback
// addresses are not.
func TestList_Empty(t *testing.T) {
	const change, empty = "INFO the lists have changed", "WARN the lists have changed from="
	for who, empties := range map[string]func(b *bench){
		"drains":  func(b *bench) { b.overrides(drain("a"), drain("b")) },
		"health":  func(b *bench) { b.unhealthy("a", "b") },
		"confirm": func(b *bench) { b.says(1); b.confirm(); b.settle() },
		"hold":    func(b *bench) { b.says(1); b.passes(guard.Hold) },
	} {
		t.Run(who, func(t *testing.T) {
			b := serving(t, config.Service{Health: checks.Health, Guard: config.Guard{MaxRemove: 50, Hold: guard.Hold}}, many(2)...)
			b.wantsLogged(1, change)
			empties(b)
			b.wants("empty")
			b.wantsLogged(1, empty)
			b.overrides(override.Override{Kind: override.Fallback})
			b.wantsLogged(1, empty)
			b.wantsLogged(2, change)
		})
	}
}

// Where publishing takes long, it is done less often.
func TestPace(t *testing.T) {
	p := pace{}
	p.change(false)
	if !p.due().Equal(time.Time{}.Add(calm)) {
		t.Error("the first change is not published at once")
	}
	for _, c := range []struct {
		urgent      bool
		took, after time.Duration
	}{
		{false, 0, calm}, {true, 0, swift}, {false, time.Millisecond, calm}, {true, 4 * time.Millisecond, swift},
		{true, 10 * time.Millisecond, 50 * time.Millisecond}, {false, 100 * time.Millisecond, 500 * time.Millisecond},
	} {
		p.published(start)
		if !p.due().IsZero() {
			t.Error("it is due although nothing has changed")
		}
		p.took = c.took
		p.change(c.urgent)
		p.change(false)
		if after := p.due().Sub(start); after != c.after {
			t.Errorf("%+v: the next one follows after %v", c, after)
		}
	}
}

func TestLoad_Hostile(t *testing.T) {
	b := serving(t, config.Service{Load: &config.Load{ORCA: true}, Health: &config.Health{}}, many(4)...)
	b.loads(map[string]float64{"a": math.NaN(), "b": math.Inf(1), "c": -7, "d": 100, "unknown": 3})
	b.wants("a:16 b:16 c:16 d:16")
	b.loads(map[string]float64{"a": 1e308, "b": 1e15, "c": 5e-324, "d": 100})
	for _, s := range b.answers[""].Servers {
		if s.Weight < 1 {
			t.Errorf("%+v", s)
		}
	}
	b.unhealthy("unknown")
	b.checked(true, nil)
	if s := b.sees(); len(s.Backends) != 4 {
		t.Errorf("%d backends", len(s.Backends))
	}
}

func TestLoad_Weights_ATenth(t *testing.T) {
	b := serving(t, config.Service{Load: &config.Load{ORCA: true}}, many(3)...)
	b.loads(map[string]float64{"a": 100, "b": 100, "c": 100})
	b.loads(map[string]float64{"a": 109, "b": 96, "c": 95})
	b.wants("a:16 b:16 c:16")
	b.loads(map[string]float64{"a": 115, "b": 90, "c": 95})
	b.wants("a:18 b:14 c:15")
}

// What a watcher said that was stopped meanwhile is not heard.
func TestObserve_AnEarlierWatcher(t *testing.T) {
	b := serving(t, config.Service{Health: &config.Health{}, Load: &config.Load{ORCA: true}}, many(3)...)
	earlier := b.watching.watcher
	b.configures(config.Service{Health: &config.Health{Fall: 2}, Load: &config.Load{ORCA: true}})
	b.healthSaid(earlier, []observe.Health{{Address: "a"}})
	b.loadSaid(earlier, []observe.Load{{Address: "a", Weight: 1}, {Address: "b", Weight: 9}}, b.now)
	b.settle()
	b.wants("a:1 b:1 c:1")
}

// Until a list without it was published, a drained backend does not count as one, and clients have it.
func TestDrained_NotKnownYet(t *testing.T) {
	b := serving(t, config.Service{}, many(2)...)
	c := b.joins("10.5.0.1:1")
	old := lbserver.ClientState{Client: c, Answer: 1, Handed: 1}
	b.overridesSaid([]override.Override{drain("a")}, b.now)
	if n, there := b.sees(old).Total.Drained["a"]; there || b.backend("a", old).Clients != 1 {
		t.Errorf("%d clients have it, before any list lacks it", n)
	}
	b.settle()
	if n := b.sees(old).Total.Drained["a"]; n != 1 {
		t.Errorf("%d clients have it", n)
	}
	told := lbserver.ClientState{Client: c, Answer: b.numbers, Handed: b.numbers}
	waits := lbserver.ClientState{Client: c, Answer: b.numbers}
	if n := b.sees(told, waits).Total.Drained["a"]; n != 0 {
		t.Errorf("%d clients have it", n)
	}
	told.Moved = true
	if n := b.sees(told).Total.Drained["a"]; n != 1 {
		t.Errorf("%d clients have it, of one that has a list of another class", n)
	}
}

package fleet

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/lbserver"
)

// A twin decides the same as a core, as simply as can be: it computes each class's shares of all
// calls anew from maps, and knows nothing of lists, weights in whole numbers and batches.
type twin struct {
	cfg       config.Service
	said      [2]map[string]backend.Backend // nil: not yet
	held      [2]map[string]time.Time
	kept      [2]map[string]backend.Backend // as it was when its source took it away
	health    map[string]string
	served    map[string]bool
	hopeful   map[string]bool // nothing is known of it, and it counts as healthy
	overrides []override.Override
}

func (w *twin) inForce(source int) map[string]backend.Backend {
	all := maps.Clone(w.said[source])
	for address := range w.held[source] {
		all[address] = w.kept[source][address]
	}
	return all
}

func (w *twin) hears(source int, all []backend.Backend, now time.Time) {
	before := map[string]backend.Backend{}
	if w.said[source] != nil {
		before = w.inForce(source)
	}
	said := map[string]backend.Backend{}
	for _, b := range all {
		said[b.Address] = b
	}
	missing := map[string]time.Time{}
	for address := range before {
		if _, there := said[address]; !there && w.health[address] != "bad" && !w.drained(address) {
			missing[address] = now.Add(w.cfg.Guard.Hold)
			if until, held := w.held[source][address]; held {
				missing[address] = until
			}
		}
	}
	if float64(len(missing)) <= float64(len(before))*float64(w.cfg.Guard.MaxRemove)/100 {
		missing = nil
	}
	w.said[source], w.held[source] = said, missing
	w.kept[source] = before
}

// frees lets go what is held no longer.
func (w *twin) frees(now time.Time, confirmed bool) {
	for i := range w.held {
		maps.DeleteFunc(w.held[i], func(address string, until time.Time) bool {
			return confirmed || !now.Before(until) || w.health[address] == "bad" || w.drained(address)
		})
	}
}

func (w *twin) effective(kind override.Kind, subject string) (value int, there bool) {
	for _, service := range []string{"", "svc"} {
		for _, o := range w.overrides {
			if o.Service == service && o.Kind == kind && o.Subject() == subject {
				value, there = o.Value, true
			}
		}
	}
	return value, there
}

func (w *twin) drained(address string) bool {
	_, drained := w.effective(override.Drain, address)
	return drained
}

// merged returns the backends; the first source's word counts more, but not what it only holds.
func (w *twin) merged() map[string]backend.Backend {
	all := map[string]backend.Backend{}
	for _, firm := range []bool{true, false} {
		for i := range w.said {
			for address, b := range w.inForce(i) {
				_, held := w.held[i][address]
				if _, there := all[address]; !there && held != firm {
					all[address] = b
				}
			}
		}
	}
	return all
}

// decides settles who is served.
func (w *twin) decides() map[string]backend.Backend {
	all := w.merged()
	maps.DeleteFunc(w.health, func(a string, _ string) bool { _, there := all[a]; return !there })
	maps.DeleteFunc(w.hopeful, func(a string, _ bool) bool { _, there := all[a]; return !there || w.health[a] != "" })
	good, bad, hopeful := 0, 0, 0
	for a := range all {
		switch {
		case w.drained(a):
		case w.health[a] == "good":
			good++
		case w.health[a] == "bad":
			bad++
		case w.hopeful[a]:
			hopeful++
		}
	}
	sum := float64(good + bad + hopeful)
	everybody := w.cfg.Health == nil || sum == 0 || float64(good+hopeful)/sum < float64(w.cfg.Guard.MinHealthy)/100
	for a := range all {
		if (w.cfg.Health == nil || sum == 0) && w.health[a] == "" {
			w.hopeful[a] = true
		}
		ok := everybody || w.health[a] == "good" || w.hopeful[a]
		w.served[a] = ok && !w.drained(a)
	}
	return all
}

// shares returns the share of all calls of each backend and drop, for clients of a zone.
func (w *twin) shares(all map[string]backend.Backend, zone string) map[string]float64 {
	if _, fallback := w.effective(override.Fallback, ""); fallback {
		return map[string]float64{"fallback": 1}
	}
	parts := [2]map[string]float64{{}, {}}
	for g := range parts {
		group := map[string]backend.Backend{}
		for a, b := range all {
			isCanary := w.cfg.Canary != nil && b.Labels["v"] == "2"
			if isCanary == (g == canary) {
				group[a] = b
			}
		}
		parts[g] = w.spill(group, zone)
	}
	share := 0.0
	if w.cfg.Canary != nil {
		share = float64(w.cfg.Canary.Percent) / 100
	}
	if len(parts[stable]) == 0 {
		share = 1
	} else if len(parts[canary]) == 0 {
		share = 0
	}
	calls := map[string]float64{}
	add(calls, parts[stable], 1-share)
	add(calls, parts[canary], share)
	if len(calls) == 0 {
		return calls
	}
	drops := w.drops()
	dropped := 0.0
	for _, d := range drops {
		dropped += d
	}
	result := map[string]float64{}
	add(result, calls, max(1-dropped, 0))
	add(result, drops, 1/max(dropped, 1))
	return result
}

func add(to, shares map[string]float64, factor float64) {
	for name, share := range shares {
		if share*factor > 0 {
			to[name] += share * factor
		}
	}
}

func (w *twin) drops() map[string]float64 {
	all := map[string]float64{}
	for _, d := range w.cfg.Drops {
		all["drop "+d.Token] = float64(d.Percent) / 100
	}
	for _, token := range []string{"shed", "more"} {
		if percent, there := w.effective(override.Drop, token); there {
			all["drop "+token] = float64(percent) / 100
		}
	}
	return all
}

func (w *twin) spill(group map[string]backend.Backend, zone string) map[string]float64 {
	var own, far = map[string]float64{}, map[string]float64{}
	healthy, whole := 0.0, 0.0
	for a, b := range group {
		weight := float64(b.Weight)
		if v, there := w.effective(override.Weight, a); there {
			weight = float64(v)
		}
		near := zone != "" && b.Zone == zone
		if near {
			whole += weight
		}
		switch {
		case !w.served[a]:
		case near:
			healthy += weight
			own[a] = weight
		default:
			far[a] = weight
		}
	}
	kept := 0.0
	if whole > 0 {
		kept = min(healthy/whole/(float64(w.cfg.Zones.Spill)/100), 1)
	}
	if len(far) == 0 {
		kept = 1
	}
	shares := map[string]float64{}
	add(shares, normal(own), kept)
	add(shares, normal(far), 1-kept)
	return shares
}

// normal divides by the sum.
func normal(weights map[string]float64) map[string]float64 {
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	shares := map[string]float64{}
	for a, w := range weights {
		shares[a] = w / sum
	}
	return shares
}

// sharesOf returns the shares that a list gives.
func sharesOf(a lbserver.AnswerState) map[string]float64 {
	if a.Fallback {
		return map[string]float64{"fallback": 1}
	}
	all := map[string]float64{}
	for _, e := range entries(a.Servers) {
		if e.Drop {
			all["drop "+e.Token] += e.Share
		} else {
			all[e.Address] += e.Share
		}
	}
	return all
}

func close2(a, b map[string]float64) bool {
	if len(a) != len(b) {
		return false
	}
	for name, share := range a {
		if math.Abs(share-b[name]) > 1e-6 {
			return false
		}
	}
	return true
}

// A history is random events that both get.
type history struct {
	*rand.Rand
	t     *testing.T
	bench *bench
	twin  *twin
	log   []string
}

func (h *history) backends() (all []backend.Backend) {
	for i := range 6 {
		if h.IntN(3) > 0 {
			all = append(all, be(letter(i), fmt.Sprintf("zone=z%d", h.IntN(3)), fmt.Sprintf("weight=%d", 1+h.IntN(4)), fmt.Sprintf("v=%d", 1+h.IntN(2))))
		}
	}
	return all
}

func (h *history) config() config.Service {
	cfg := config.Service{
		Sources: []config.Source{{DNS: "one"}, {DNS: "two"}},
		Guard:   config.Guard{MinHealthy: 10 * h.IntN(10), MaxRemove: 10 * h.IntN(11), Hold: 10 * time.Second},
		Zones:   &config.Zones{Spill: 1 + h.IntN(100)},
	}
	if h.IntN(2) == 0 {
		cfg.Canary = &config.Canary{Label: "v=2", Percent: h.IntN(5) * 25}
	}
	if h.IntN(3) == 0 {
		cfg.Drops = []config.Drop{{Token: "shed", Percent: 1 + h.IntN(60)}}
	}
	if h.IntN(4) > 0 {
		cfg.Health = &config.Health{}
	}
	return cfg
}

func (h *history) someOverrides() (all []override.Override) {
	for range h.IntN(5) {
		o := override.Override{Service: []string{"", "svc", "another"}[h.IntN(3)], Address: letter(h.IntN(6)), Token: []string{"shed", "more"}[h.IntN(2)]}
		switch h.IntN(5) {
		case 0, 1:
			o.Kind = override.Drain
		case 2:
			o.Kind, o.Value = override.Weight, 1+h.IntN(9)
		case 3:
			o.Kind, o.Value = override.Drop, 1+h.IntN(70)
		case 4:
			o.Kind = override.Fallback
			if h.IntN(3) > 0 {
				continue
			}
		}
		same := func(p override.Override) bool {
			return p.Service == o.Service && p.Kind == o.Kind && p.Subject() == o.Subject()
		}
		if !slices.ContainsFunc(all, same) {
			if h.IntN(3) == 0 {
				o.Until = h.bench.now.Add(time.Duration(h.IntN(20)) * time.Second)
			}
			all = append(all, o)
		}
	}
	return all
}

// step has something happen, at both.
func (h *history) step() {
	b, w := h.bench, h.twin
	switch h.IntN(8) {
	case 0, 1:
		source, all := h.IntN(2), h.backends()
		h.note("source %d says %v", source, all)
		w.hears(source, all, b.now)
		b.sourceSaid(source+1, backend.Report{Backends: all, At: b.now}, b.now)
	case 2:
		b.fails(1+h.IntN(2), errors.New("no answer"))
	case 3, 4:
		address, good := letter(h.IntN(6)), h.IntN(5) > 1
		h.note("%s is healthy: %v", address, good)
		if _, there := b.roster.members[address]; there && w.cfg.Health != nil {
			w.health[address] = map[bool]string{true: "good", false: "bad"}[good]
		}
		b.checked(good, []string{address})
	case 5:
		w.overrides = h.someOverrides()
		h.note("overrides %v", w.overrides)
		b.overridesSaid(w.overrides, b.now)
	case 6:
		confirmed := h.IntN(3) == 0
		if confirmed {
			h.note("confirmed")
			b.confirm()
			w.frees(b.now, true)
		}
	case 7:
		w.cfg = h.config()
		h.note("configuration %+v", w.cfg)
		if w.cfg.Health == nil {
			clear(w.health)
		}
		cfg := w.cfg
		cfg.Name = "svc"
		b.configure(cfg)
	}
	h.live(0)
	if h.IntN(4) == 0 {
		h.live(time.Duration(h.IntN(8)) * time.Second)
	}
}

// live lets time pass, in steps so small that both decide at the same times.
func (h *history) live(d time.Duration) {
	for end := h.bench.now.Add(d); ; h.bench.passes(time.Second) {
		h.twin.overrides = slices.DeleteFunc(slices.Clone(h.twin.overrides), func(o override.Override) bool { return o.Over(h.bench.now) })
		h.twin.frees(h.bench.now, false)
		h.bench.pace.last = time.Time{} // whatever is due is published now
		h.bench.tick(h.bench.now)
		h.bench.perform()
		h.compare()
		if !h.bench.now.Before(end) {
			return
		}
	}
}

func (h *history) note(format string, args ...any) {
	h.log = append(h.log, fmt.Sprintf(format, args...))
}

func (h *history) compare() {
	h.t.Helper()
	w := h.twin
	if w.said[0] == nil || w.said[1] == nil {
		return
	}
	all := w.decides()
	for class, a := range h.bench.answers {
		if want, got := w.shares(all, class), sharesOf(a); !close2(want, got) {
			for _, line := range h.log[max(0, len(h.log)-12):] {
				h.t.Log(line)
			}
			for _, m := range h.bench.roster.sorted {
				h.t.Logf("%s known=%v healthy=%v served=%v because it is %s", m.Address, m.known, m.health.Healthy, m.served, m.reason)
			}
			h.t.Fatalf("class %q: the core gives %v, the twin %v; served: %v", class, got, want, w.served)
		}
	}
}

func TestTwin(t *testing.T) {
	for seed := range uint64(40) {
		h := &history{Rand: rand.New(rand.NewPCG(seed, 1)), t: t, twin: &twin{health: map[string]string{}, served: map[string]bool{}, hopeful: map[string]bool{}}}
		h.twin.cfg = h.config()
		h.bench = newBench(t, h.twin.cfg)
		h.bench.overrides()
		for source := range 2 {
			all := h.backends()
			h.note("source %d says %v", source, all)
			h.twin.hears(source, all, h.bench.now)
			h.bench.says(source+1, all...)
		}
		h.compare()
		for i := range 3 {
			h.bench.joins("", zoneHeader, fmt.Sprintf("z%d", i))
		}
		for range 60 {
			h.step()
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		}
	}
}

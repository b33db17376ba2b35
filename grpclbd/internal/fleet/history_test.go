package fleet

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
	"github.com/actorlb/grpclb/grpclbd/internal/memory"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
)

// A history is random events that both get.
type history struct {
	*rand.Rand
	t     *testing.T
	bench *bench
	twin  *twin
	log   []string
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

// before is what the sources said before the start.
func (h *history) before() memory.State {
	s := memory.State{At: start.Add(-time.Hour)}
	for i, source := range []string{"dns one", "dns two"} {
		all := h.backends()
		h.note("before, %s had %v", source, all)
		s.Sources = append(s.Sources, memory.Said{Source: source, Backends: all})
		h.twin.known[i] = map[string]backend.Backend{}
		for _, b := range all {
			h.twin.known[i][b.Address] = b
		}
	}
	return s
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
		h.bench = newBenchAfter(t, h.twin.cfg, h.before())
		h.bench.overrides()
		for source := range 2 {
			all := h.backends()
			h.note("source %d says %v", source, all)
			h.twin.hears(source, backend.Report{Backends: all}, h.bench.now)
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

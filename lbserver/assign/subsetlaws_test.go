package assign

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// snapshot returns who has what.
func snapshot(s *Subsets, clients []string) map[string][]string {
	of := map[string][]string{}
	for _, name := range clients {
		if has := s.Of(name); has != nil {
			of[name] = has
		}
	}
	return of
}

// A history is subsets to which things happen, and a plain account of it all.
type history struct {
	t            *testing.T
	s            *Subsets
	size, spread int
	backends     []string
	has          map[string][]string
}

func newHistory(t *testing.T, size, spread int) *history {
	return &history{t: t, s: NewSubsets(size, spread), size: size, spread: spread, has: map[string][]string{}}
}

// play has something happen: a client joins or leaves, backends come and go, or it is
// levelled. Then what must hold is looked at.
func (h *history) play(what, which int) {
	before := differ(h.s)
	switch what % 5 {
	case 0, 1:
		name := fmt.Sprintf("c%d", which%60)
		h.has[name] = h.s.Join(name)
		h.look(before, nil)
	case 2:
		name := fmt.Sprintf("c%d", which%60)
		h.s.Leave(name)
		delete(h.has, name)
		h.look(1<<30, nil)
	case 3:
		h.toggle(fmt.Sprintf("b%d", which%12), before)
	default:
		h.look(1, h.s.Level())
	}
}

// toggle has a backend go, or come.
func (h *history) toggle(name string, before int) {
	at := slices.Index(h.backends, name)
	if at < 0 {
		h.backends = append(h.backends, name)
		h.look(before, h.s.SetBackends(h.backends))
		return
	}
	had := h.s.Clients()[name]
	h.backends = slices.Delete(slices.Clone(h.backends), at, at+1)
	changed := h.s.SetBackends(h.backends)
	if len(changed) < had || len(changed) > 2*had {
		h.t.Fatalf("a backend of %d clients went, and %d clients changed", had, len(changed))
	}
	h.look(before, changed)
}

// look compares with the account: only those that were named have changed, every subset
// is one, and backends differ by no more than the spread or than before.
func (h *history) look(before int, changed []string) {
	h.t.Helper()
	now := snapshot(h.s, slices.Collect(maps.Keys(h.has)))
	if len(now) != len(h.has) {
		h.t.Fatalf("%d clients, want %d", len(now), len(h.has))
	}
	counts := map[string]int{}
	for name, has := range now {
		if slices.Equal(has, h.has[name]) == slices.Contains(changed, name) {
			h.t.Fatalf("%s had %v, has %v, named as changed: %v", name, h.has[name], has, slices.Contains(changed, name))
		}
		if len(slices.Compact(slices.Clone(has))) != min(h.size, len(h.backends)) {
			h.t.Fatalf("%s has %v, want %d of %d", name, has, h.size, len(h.backends))
		}
		for _, b := range has {
			counts[b]++
		}
	}
	for b, n := range h.s.Clients() {
		if counts[b] != n || !slices.Contains(h.backends, b) {
			h.t.Fatalf("%s has %d clients, is said to have %d", b, counts[b], n)
		}
	}
	if got := differ(h.s); got > max(h.spread, before) {
		h.t.Fatalf("backends differ by %d, were %d, allowed %d: %v", got, before, h.spread, h.s.Clients())
	}
	h.has = now
}

func TestAssign_Subsets_Laws(t *testing.T) {
	for seed := range uint64(25) {
		r := rand.New(rand.NewPCG(seed, 4))
		h := newHistory(t, 1+r.IntN(6), []int{1, 2, 3, 10, NoLimit}[seed%5])
		for range 200 {
			h.play(r.IntN(5), r.IntN(1000))
		}
	}
}

func FuzzSubsets(f *testing.F) {
	f.Add(byte(3), byte(1), []byte{3, 0, 3, 1, 3, 2, 0, 0, 0, 1, 2, 0, 3, 1})
	f.Add(byte(1), byte(2), []byte{0, 0, 3, 0, 3, 1, 3, 1, 4, 0})
	f.Fuzz(func(t *testing.T, size, spread byte, events []byte) {
		h := newHistory(t, 1+int(size%8), 1+int(spread%4))
		for ; len(events) > 1; events = events[2:] {
			h.play(int(events[0]), int(events[1]))
		}
	})
}

// The same history has the same outcome: nothing hangs on the order of a map.
func TestAssign_Subsets_Deterministic(t *testing.T) {
	outcome := func() map[string][]string {
		s := joined(5, 1, 30, 100)
		s.SetBackends(names("b", 25))
		s.Leave("c0007")
		s.Level()
		s.SetBackends(append(names("b", 20), names("x", 9)...))
		return snapshot(s, names("c", 100))
	}
	first := outcome()
	for range 5 {
		if again := outcome(); !maps.EqualFunc(first, again, slices.Equal) {
			t.Fatalf("the second time it is\n%v, the first time it was\n%v", again, first)
		}
	}
}

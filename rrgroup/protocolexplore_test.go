package rrgroup

import (
	"strings"
	"testing"

	"github.com/actorlb/grpclb/internal/interleave"
)

// A fault is an error built into the model, to see that it is found.
type fault uint8

const (
	none             fault = iota
	retiresBlindly         // retire writes the word whoever else has written it
	looksAgain             // drain goes by the word as read again, and nobody marks the end
	neverRefuses           // a pick does not look whether the entry is retired
	marksBlindly           // the mark is set whoever else has set it
	holdForgotten          // the generation has no hold of its own, and gives it back all the same
	countsLate             // done counts how the call ended after it is finished
	readsTheOddFirst       // a report reads what is odd before the words
	countsTheRefused       // a report takes the reference of a refused pick for a call
	dropsLate              // drop does not look whether the list is retired
	dropsInTwo             // retire reads the number of drops, and then marks it
)

// explore tries every schedule of m.
func (m *model) explore() (interleave.Explored, error) {
	p := &interleave.Protocol[world]{
		Start:  world{live: int8(m.entries) + 1},
		Always: m.always,
		AtRest: m.atRest,
	}
	if m.fault == holdForgotten {
		p.Start.live--
	}
	for i := range m.rounds {
		p.Threads = append(p.Threads, interleave.Thread[world]{
			Name: "caller " + string(rune('1'+i)),
			Step: func(s *world) string { return m.step(s, i) },
		})
	}
	p.Threads = append(p.Threads, interleave.Thread[world]{Name: "group", Step: m.keep})
	return interleave.Explore(p)
}

// Casts are the models that are tried. In one with reports the group reads at
// any time, before the retiring, after it and when all has drained.
//
// The largest has 60,604 states and 5·10¹¹ schedules of up to 36 steps, all of
// them together 116,000 states. Larger ones were searched once, with the same
// result, and cost seconds: 3 callers of 2 calls each over 2 entries (359,594
// states, 9·10¹⁷ schedules), and reports on 2 callers of 2 calls each over 2
// entries (188,063 states, 3·10¹⁵ schedules).
var (
	whole = []act{report, retiring, report, folding, releasing}
	brief = []act{retiring, releasing}
	casts = map[string]model{
		"2 callers, 2 calls each, over 2 entries": {entries: 2, rounds: [][]how{{answered, unsent}, {unused, answered}}, script: brief},
		"3 callers over 2 entries":                {entries: 2, rounds: [][]how{{answered}, {unused}, {answered}}, script: brief},
		"3 callers over 1 entry":                  {entries: 1, rounds: [][]how{{answered, answered}, {unused}, {unanswered}}, script: brief},
		"reports on 2 callers over 1 entry":       {entries: 1, rounds: [][]how{{answered, unsent}, {unused, unanswered}}, script: whole},
		"reports on 2 callers over 2 entries":     {entries: 2, rounds: [][]how{{unsent}, {unused}}, script: whole},
		"reports on drops":                        {entries: 1, drops: true, rounds: [][]how{{answered, answered}, {answered, answered}}, script: whole},
	}
)

func TestProtocol(t *testing.T) {
	for name, m := range casts {
		t.Run(name, func(t *testing.T) {
			got, err := m.explore()
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d states, %d schedules of up to %d steps", got.States, got.Schedules, got.Longest)
		})
	}
}

// What the search is good for: each fault is found in one of the casts.
func TestProtocol_FaultsAreFound(t *testing.T) {
	for name, c := range map[string]struct {
		fault
		cast, words string
	}{
		"retires blindly":                   {retiresBlindly, "2 callers, 2 calls each, over 2 entries", "nobody can go on, with 0 calls in flight"},
		"goes by what is read later":        {looksAgain, "2 callers, 2 calls each, over 2 entries", "nobody can go on, with 0 calls in flight"},
		"never refuses":                     {neverRefuses, "2 callers, 2 calls each, over 2 entries", "the drain closure ran with a call in flight"},
		"marks blindly":                     {marksBlindly, "2 callers, 2 calls each, over 2 entries", "nobody can go on, with 0 calls in flight"},
		"forgets the hold":                  {holdForgotten, "2 callers, 2 calls each, over 2 entries", "nobody can go on, with 0 calls in flight"},
		"counts how it ended too late":      {countsLate, "reports on 2 callers over 1 entry", "2 calls were told as answered, of 1"},
		"reads what is odd first":           {readsTheOddFirst, "reports on 2 callers over 1 entry", "2 calls were told as answered, of 1"},
		"takes a refused pick for a call":   {countsTheRefused, "reports on 2 callers over 1 entry", "3 calls were told as started, of 2"},
		"drops what nobody counts any more": {dropsLate, "reports on drops", "1 calls were told as dropped, of 2"},
		"retires drops in two steps":        {dropsInTwo, "reports on drops", "1 calls were told as dropped, of 2"},
	} {
		t.Run(name, func(t *testing.T) {
			m := casts[c.cast]
			m.fault = c.fault
			got, err := m.explore()
			if err == nil || !strings.HasPrefix(err.Error(), c.words) {
				t.Fatalf("found nothing of the kind %q: %v", c.words, err)
			}
			t.Logf("found after %d states: %v", got.States, err)
		})
	}
}

package rrgroup

import (
	"strings"
	"testing"

	"github.com/actorlb/grpclb/internal/interleave"
)

// A fault is an error in the model, to see that the search finds it.
type fault uint8

const (
	none             fault = iota
	neverRefuses           // a pick does not look whether the counter is closed
	closesTurnsInTwo       // retire reads the turns, and then closes them
	closesEntryInTwo       // retire reads an entry's finished calls, and then closes it
	forgetsAgain           // retire does not close the picks without a turn
	addsTooEarly           // retire adds the picks to outstanding before the entries are closed
	drainsBelow            // the drain closure runs below zero too
	looksAgain             // done goes by the entry's word as read again
	countsLate             // done counts how the call ended after it is finished
	readsTheOddFirst       // a report reads what is odd before the finished calls
	readsPicksFirst        // a report reads the picks before the finished calls
	countsTheRefused       // a report reads the picks of a retired generation from the words
	dropsTheRefused        // a report reads its drops from the word
)

// explore tries all orders of the steps of m.
func (m *model) explore() (interleave.Explored, error) {
	p := &interleave.Protocol[world]{Always: m.always, AtRest: m.atRest}
	for i := range m.rounds {
		p.Threads = append(p.Threads, interleave.Thread[world]{
			Name: "caller " + string(rune('1'+i)),
			Step: func(s *world) string { return m.step(s, i) },
		})
	}
	p.Threads = append(p.Threads, interleave.Thread[world]{Name: "group", Step: m.keep})
	return interleave.Explore(p)
}

// Casts are the models that are tried. In those with reports the group reports before it
// retires the generation, after that, and when all has drained. The largest has 73,882
// states and 3·10¹¹ orders of up to 41 steps.
var (
	whole = []act{report, retiring, report, folding, releasing}
	brief = []act{retiring, releasing}

	twoTimesTwo  = "2 callers, 2 calls each, over 2 entries"
	withoutATurn = "3 callers, some without a turn"
	reportsOnOne = "reports on 2 callers over 1 entry"
	reportsOnTwo = "reports on 2 callers over 2 entries"
	onDrops      = "reports on drops"

	casts = map[string]model{
		twoTimesTwo: {entries: 2, rounds: [][]deed{{answered, unsent}, {unused, answered}}, script: brief},
		"3 callers, 2 calls each, over 2 entries":            {entries: 2, rounds: [][]deed{{answered, unsent}, {unused, answered}, {unanswered, answered}}, script: brief},
		"reports on 2 callers, 2 calls each, over 2 entries": {entries: 2, rounds: [][]deed{{answered, unsent}, {unused, unanswered}}, script: whole},
		"3 callers over 2 entries":                           {entries: 2, rounds: [][]deed{{answered}, {unused}, {answered}}, script: brief},
		"3 callers over 1 entry":                             {entries: 1, rounds: [][]deed{{answered, answered}, {unused}, {unanswered}}, script: brief},
		withoutATurn:                                         {entries: 2, rounds: [][]deed{{answered}, {again + answered}, {again + unused}}, script: brief},
		reportsOnOne:                                         {entries: 1, rounds: [][]deed{{answered, unsent}, {unused, unanswered}}, script: whole},
		reportsOnTwo:                                         {entries: 2, rounds: [][]deed{{unsent}, {unused}}, script: whole},
		onDrops:                                              {entries: 1, drops: true, rounds: [][]deed{{answered, answered}, {again + answered, answered}}, script: whole},
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

// The search finds each fault in one of the casts.
func TestProtocol_FaultsAreFound(t *testing.T) {
	for name, c := range map[string]struct {
		fault
		cast, words string
	}{
		"never refuses":                   {neverRefuses, twoTimesTwo, "nobody can go on, with 0 calls in flight"},
		"closes the turns in two steps":   {closesTurnsInTwo, twoTimesTwo, "nobody can go on, with 0 calls in flight"},
		"closes an entry in two steps":    {closesEntryInTwo, twoTimesTwo, "nobody can go on, with 0 calls in flight"},
		"forgets picks without a turn":    {forgetsAgain, withoutATurn, "nobody can go on, with 0 calls in flight"},
		"adds too early":                  {addsTooEarly, twoTimesTwo, "the drain closure ran twice"},
		"drains below zero":               {drainsBelow, twoTimesTwo, "the drain closure ran twice"},
		"goes by what is read later":      {looksAgain, twoTimesTwo, "nobody can go on, with 0 calls in flight"},
		"counts how it ended too late":    {countsLate, reportsOnOne, "2 calls were told as answered, of 1"},
		"reads what is odd first":         {readsTheOddFirst, reportsOnOne, "2 calls were told as answered, of 1"},
		"reads the picks first":           {readsPicksFirst, reportsOnOne, "3 calls were told as finished, 2 as started"},
		"takes a refused pick for a call": {countsTheRefused, reportsOnOne, "4 calls were told as started, of 3"},
		"takes a refused pick for a drop": {dropsTheRefused, onDrops, "1 calls were told as dropped, of 0"},
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

package main

import (
	"path"
	"slices"
	"testing"
)

func TestVerdicts(t *testing.T) {
	const burst, none = "BringUp backends=10000 cpu=2", "Parked calls=100000 cpu=2"
	for _, c := range []struct {
		title, unit string
		policy      map[string][]float64
		want        string
	}{
		{burst, "cpu-ns/op", map[string][]float64{"ours": {4, 5, 9}, "grpclb": {1000, 1000, 1000}}, "≤ 0.005: held"},
		{burst, "cpu-ns/op", map[string][]float64{"ours": {6}, "grpclb": {1000}}, "≤ 0.005: **not held**"},
		{burst, "cpu-ns/op", map[string][]float64{"ours": {6}}, "≤ 0.005: not measured"},
		{burst, "pickers/op", map[string][]float64{"ours": {100}, "grpclb": {1}}, "≤ 100: held"},
		{burst, "allocs/op", map[string][]float64{"ours": {100}, "grpclb": {1}}, ""},
		{none, "B/call", map[string][]float64{"ours": {900}, "nothing": {400}}, "≤ 600 over nothing, is 500: held"},
		{none, "needless/op", map[string][]float64{"ours": {1}}, "≤ 0: **not held**"},
		{"Push clients=1000 cpu=2", "cpu-ns/op", map[string][]float64{"ours": {2}, "each": {10}}, "≤ 0.25 × each, is 0.2: held"},
		{"Push clients=1000 cpu=2", "cpu-ns/op", map[string][]float64{"ours": {3}, "each": {10}}, "≤ 0.25 × each, is 0.3: **not held**"},
		{"Mute clients=300 cpu=2", "heap-MB", map[string][]float64{"ours": {41}}, "≤ 40: **not held**"},
		{"Calls cpu=2", "calls/s", map[string][]float64{"ours": {96}, "grpclb": {100}}, "≥ 0.97: **not held**"},
		{"Calls cpu=2", "calls/s", map[string][]float64{"ours": {120}, "grpclb": {100}}, "≥ 0.97: held"},
		{"Handover backends=10000 change=one cpu=2", "subconns/op", map[string][]float64{"ours": {0}}, "= 1: **not held**"},
		{
			"Pick backends=1 drops=no work=none cpu=2", "ns/op",
			map[string][]float64{"ours": {30}, "grpclb": {30}, "round_robin": {10}},
			"≤ 1.3: held; ≤ 2 × round_robin: **not held**",
		},
	} {
		if got := (&row{title: c.title, unit: c.unit, policy: c.policy}).verdicts(); got != c.want {
			t.Errorf("%s, %s, %v: %q, want %q", c.title, c.unit, c.policy, got, c.want)
		}
	}
}

// A bar of a unit that is in no table is held by nobody, and a pattern that is
// malformed matches nothing.
func TestBars_AreForFiguresThatAreShown(t *testing.T) {
	for _, b := range bars {
		if !slices.Contains(measures, b.unit) && !slices.Contains(counts, b.unit) {
			t.Errorf("the bar for %q is of the unit %q, which is in no table", b.figure, b.unit)
		}
		if _, err := path.Match(b.figure, ""); err != nil {
			t.Errorf("%q: %v", b.figure, err)
		}
	}
}

// Ten times the backends at 2 bytes each are 18 times what they take beyond
// what is taken in any case.
func TestGrow(t *testing.T) {
	table := tableOf(t, `
BenchmarkBringUp/policy=ours/backends=1000-2     1 300 B/op
BenchmarkBringUp/policy=nothing/backends=1000-2  1 200 B/op
BenchmarkBringUp/policy=ours/backends=10000-2    1 2000 B/op
BenchmarkBringUp/policy=nothing/backends=10000-2 1 200 B/op
`)
	table.grow()
	r := table.index["BringUp growth from 1,000 to 10,000, times cpu=2 B/op"]
	if r == nil {
		t.Fatal("no row for the growth")
	}
	if got := r.policy["ours"]; !slices.Equal(got, []float64{18}) {
		t.Errorf("growth = %v, want 18", got)
	}
	if got := r.verdicts(); got != "≤ 12: **not held**" {
		t.Errorf("verdict = %q", got)
	}
}

// Without bring-ups of both sizes nothing has grown.
func TestGrow_OneSize(t *testing.T) {
	table := tableOf(t, "BenchmarkBringUp/policy=ours/backends=1000-2 1 300 B/op\n")
	table.grow()
	if n := len(table.rows); n != 1 {
		t.Errorf("%d rows, want the one", n)
	}
}

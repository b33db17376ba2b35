package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Three rounds of a pick, one of a bring-up.
const printed = `goos: linux
cpu: AMD EPYC
BenchmarkPick/policy=ours/backends=1/work=none-2    100   20 ns/op   0 B/op   0 allocs/op
BenchmarkPick/policy=grpclb/backends=1/work=none-2  100   50 ns/op  16 B/op   1 allocs/op
BenchmarkPick/policy=ours/backends=1/work=1us       100  1005 ns/op  5 added-ns/op
BenchmarkPick/policy=grpclb/backends=1/work=1us     100  1020 ns/op 20 added-ns/op
BenchmarkPick/policy=atomic/backends=1/work=1us     100  1001 ns/op  1 added-ns/op
BenchmarkBringUp/policy=ours/backends=10-2          9   300 cpu-ns/op   6 pickers/op
BenchmarkBringUp/policy=grpclb/backends=10-2        9  2100 cpu-ns/op  21 pickers/op
BenchmarkBringUp/policy=nothing/backends=10-2       9   100 cpu-ns/op   1 pickers/op
BenchmarkOther-2 1 1 ns/op
PASS
BenchmarkPick/policy=ours/backends=1/work=none-2    100   30 ns/op   0 B/op   0 allocs/op
BenchmarkPick/policy=grpclb/backends=1/work=none-2  100   50 ns/op  16 B/op   1 allocs/op
BenchmarkPick/policy=ours/backends=1/work=none-2    100   40 ns/op   0 B/op   0 allocs/op
BenchmarkPick/policy=grpclb/backends=1/work=none-2  100   50 ns/op  16 B/op   1 allocs/op
`

func tableOf(t *testing.T, text string) *table {
	t.Helper()
	table := newTable()
	if err := table.read(strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	return table
}

func TestMarkdown(t *testing.T) {
	want := `
### Pick

| figure | unit | rounds | ours | grpclb | ours/grpclb | ours/round_robin | ours/atomic | bar |
|---|---|--:|--:|--:|--:|--:|--:|---|
| backends=1 work=none cpu=2 | ns/op | 3/3 | 30 | 50 | 0.6 (0.4–0.8) | – | – | ≤ 1.3: held |
| backends=1 work=1us cpu=1 | added-ns/op | 1/1 | 5 | 20 | 0.25 (0.25–0.25) | – | – |  |

### BringUp

| figure | unit | rounds | ours | grpclb | ours/grpclb | ours/round_robin | ours/atomic | bar |
|---|---|--:|--:|--:|--:|--:|--:|---|
| backends=10 cpu=2 | cpu-ns/op | 1/1 | 300 | 2100 | 0.1 (0.1–0.1) | – | – |  |
| backends=10 cpu=2 | pickers/op | 1/1 | 6 | 21 | – | – | – |  |
`
	if diff := cmp.Diff(want, tableOf(t, printed).markdown()); diff != "" {
		t.Error(diff)
	}
}

func TestRatios_LeaveOutDivisorsNotAboveZero(t *testing.T) {
	r := row{policy: map[string][]float64{"ours": {1, 2, 3}, "grpclb": {0, -1, 6}}}
	if got := r.ratios("grpclb"); !slices.Equal(got, []float64{0.5}) {
		t.Errorf("ratios = %v, want only that of the third round", got)
	}
}

func TestRatios_OnlyOfRoundsThatBothHave(t *testing.T) {
	r := row{policy: map[string][]float64{"ours": {1, 2, 3}, "grpclb": {2}}}
	if got := r.ratios("grpclb"); !slices.Equal(got, []float64{0.5}) {
		t.Errorf("ratios = %v, want that of the first round", got)
	}
}

func TestRead_MalformedValue(t *testing.T) {
	err := newTable().read(strings.NewReader("BenchmarkPick/policy=ours 1 much ns/op\n"))
	if err == nil || !strings.Contains(err.Error(), "BenchmarkPick/policy=ours") {
		t.Errorf("error = %v, want one that names the benchmark", err)
	}
}

// Whoever else had the processors, it was not the contender that had to wait.
func TestRatios_WithoutRoundsThatOursDidNotGet(t *testing.T) {
	const text = `
BenchmarkPick/policy=ours-2    1 20 ns/op 0.99 busy
BenchmarkPick/policy=grpclb-2  1 40 ns/op 0.60 busy
BenchmarkPick/policy=ours-2    1 90 ns/op 0.55 busy
BenchmarkPick/policy=grpclb-2  1 40 ns/op 0.99 busy
`
	r := tableOf(t, text).row("Pick cpu=2", "ns/op")
	if got := r.ratios("grpclb"); !slices.Equal(got, []float64{0.5}) {
		t.Errorf("ratios = %v, want that of the first round", got)
	}
	if got, want := r.markdown(), "| cpu=2 | ns/op | 1/2 | 20 | 40 | 0.5 (0.5–0.5) | – | – |  |\n"; got != want {
		t.Errorf("row = %s, want %s", got, want)
	}
}

// What was disturbed in every round is in the table all the same.
func TestMarkdown_NoRoundCounts(t *testing.T) {
	table := tableOf(t, "BenchmarkPick/policy=ours/backends=1/work=none 1 90 ns/op 0.55 busy\n")
	want := "| backends=1 work=none cpu=1 | ns/op | 0/1 | – | – | – | – | – | ≤ 0.4: not measured |\n"
	if got := table.markdown(); !strings.HasSuffix(got, want) {
		t.Errorf("table = %s, want it to end in %s", got, want)
	}
}

func TestSpread(t *testing.T) {
	if got, want := spreadOf([]float64{4, 1, 3, 2}), (spread{2.5, 1, 4}); got != want {
		t.Errorf("spread = %v, want %v", got, want)
	}
}

package main

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What there is to go wrong without a word: the floor is subtracted round by round
// but not from what is whole, a round that ours did not get does not count, medians
// are medians, and what is not held is said not to be.
const printed = `goos: linux
BenchmarkPick/policy=ours/backends=1/drops=no/work=none-2    9  20 ns/op  0 B/op  0.99 busy
BenchmarkPick/policy=grpclb/backends=1/drops=no/work=none-2  9  50 ns/op 16 B/op  0.99 busy
BenchmarkBringUp/policy=ours/backends=10-2                   9   300 cpu-ns/op   6 pickers/op
BenchmarkBringUp/policy=grpclb/backends=10-2                 9  2100 cpu-ns/op  21 pickers/op
BenchmarkBringUp/policy=nothing/backends=10-2                9   100 cpu-ns/op   1 pickers/op
BenchmarkParked/policy=ours/calls=1-2                        1  3000 park-cpu-ns/call  900 parked-B/call
BenchmarkParked/policy=grpclb/calls=1-2                      1  2000 park-cpu-ns/call  700 parked-B/call
BenchmarkParked/policy=nothing/calls=1-2                     1  2000 park-cpu-ns/call  700 parked-B/call
PASS
BenchmarkPick/policy=ours/backends=1/drops=no/work=none-2    9  90 ns/op  0 B/op  0.55 busy
BenchmarkPick/policy=grpclb/backends=1/drops=no/work=none-2  9  50 ns/op 16 B/op  0.99 busy
BenchmarkPick/policy=ours/backends=1/drops=no/work=none-2    9  30 ns/op  0 B/op  0.99 busy
BenchmarkPick/policy=grpclb/backends=1/drops=no/work=none-2  9  50 ns/op 16 B/op  0.99 busy
BenchmarkPick/policy=round_robin/backends=1/drops=no/work=none-2  9  20 ns/op  0.99 busy
`

const tables = `
### Pick

| figure | unit | rounds | ours | grpclb | ours/grpclb | ours/round_robin | bar |
|---|---|--:|--:|--:|--:|--:|---|
| backends=1 drops=no work=none cpu=2 | ns/op | 2/3 | 25 | 50 | 0.5 (0.4–0.6) | 1 (1–1) | ≤ 0.67: held; ≤ 1.25 × round_robin: held |

### BringUp

| figure | unit | rounds | ours | grpclb | ours/grpclb | ours/round_robin | bar |
|---|---|--:|--:|--:|--:|--:|---|
| backends=10 cpu=2 | cpu-ns/op | 1/1 | 300 | 2100 | 0.1 (0.1–0.1) | – |  |
| backends=10 cpu=2 | pickers/op | 1/1 | 6 | 21 | – | – |  |

### Parked

| figure | unit | rounds | ours | grpclb | ours/grpclb | ours/round_robin | bar |
|---|---|--:|--:|--:|--:|--:|---|
| calls=1 cpu=2 | park-cpu-ns/call | 1/1 | 3000 | 2000 | 1.5 (1.5–1.5) | – | ≤ 1.6: held |
| calls=1 cpu=2 | parked-B/call | 1/1 | 900 | 700 | – | – | ≤ 150 over nothing, is 200: **not held** |
`

func TestMarkdown(t *testing.T) {
	table := &table{}
	if err := table.read(strings.NewReader(printed)); err != nil {
		t.Fatal(err)
	}
	got, missing, _ := strings.Cut(table.markdown(), "\n**Bars without")
	if diff := cmp.Diff(tables, got); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(missing, "`Calls * calls/s`") {
		t.Errorf("no word of calls that were not measured: %s", missing)
	}
}

func TestRead_MalformedValue(t *testing.T) {
	err := new(table).read(strings.NewReader("BenchmarkPick/policy=ours 1 much ns/op\n"))
	if err == nil || !strings.Contains(err.Error(), "BenchmarkPick/policy=ours") {
		t.Errorf("error = %v, want one that names the benchmark", err)
	}
}

// The document of this repository has one place for the tables.
func TestResults_HasMarks(t *testing.T) {
	text, err := os.ReadFile("../RESULTS.md")
	if err != nil || strings.Count(string(text), beginMark) != 1 || strings.Count(string(text), endMark) != 1 {
		t.Errorf("%v, or not one of each mark", err)
	}
}

package main

import (
	"bytes"
	"flag"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"
)

var testSeed = flag.Uint64("chaos.seed", 0, "the seed of TestChaos; 0 draws one")

// The run of main, in five seconds instead of a minute. A seed that fails is
// printed, and is played again with -chaos.seed.
func TestChaos(t *testing.T) {
	var printed bytes.Buffer
	o := newOptions(*testSeed, 5*time.Second)
	if testing.Verbose() {
		o.log = t.Output()
	}
	if err := play(io.MultiWriter(&printed, t.Output()), o); err != nil {
		t.Fatalf("seed %d: %v", o.seed, err)
	}
	lines := strings.Split(strings.TrimSpace(printed.String()), "\n")
	for i, ph := range phases() {
		if !strings.HasPrefix(lines[i+1], ph.name+" ") {
			t.Errorf("line %d is %q, want phase %q", i+1, lines[i+1], ph.name)
		}
	}
	last := lines[len(lines)-1]
	if !regexp.MustCompile(`^chaos: ok \(seed \d+, \d{4,} calls, \d+ lists, \d+ faults; `).MatchString(last) {
		t.Errorf("the last line is %q", last)
	}
}

// The numbers that the package's doc names.
func TestOptions_Calls(t *testing.T) {
	for _, test := range []struct {
		length time.Duration
		calls  int
	}{
		{time.Minute, 100_000 * callsShare / 100},
		{5 * time.Second, 8333 * callsShare / 100},
		{2 * time.Minute, 200_000 * callsShare / 100},
	} {
		if got := newOptions(1, test.length).calls; got != test.calls {
			t.Errorf("in %v the first phase makes %d calls, want %d", test.length, got, test.calls)
		}
	}
}

func TestOptions_Seed(t *testing.T) {
	if got := newOptions(7, time.Minute).seed; got != 7 {
		t.Errorf("the seed is %d, want the one that was given", got)
	}
	drawn := make(map[uint64]bool)
	for range 20 {
		drawn[newOptions(0, time.Minute).seed] = true
	}
	if drawn[0] || len(drawn) < 15 {
		t.Errorf("the seeds drawn are %v", drawn)
	}
}

func TestPhases_ShareTheRun(t *testing.T) {
	sum := 0
	for _, ph := range phases() {
		sum += ph.share
	}
	if sum != 60 {
		t.Errorf("the phases have %d sixtieths", sum)
	}
}

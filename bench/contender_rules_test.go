package bench

import (
	"reflect"
	"testing"

	"google.golang.org/grpc/balancer"
)

// everyone is all contenders of all benchmarks.
func everyone() []contender { return append(pickers(), nothing()) }

func TestContenders_AreWhatTheySay(t *testing.T) {
	want := map[string]string{
		"ours":        "github.com/actorlb/grpclb",
		"grpclb":      "google.golang.org/grpc/balancer/grpclb",
		"round_robin": "google.golang.org/grpc/balancer/roundrobin",
	}
	for _, c := range pickers() {
		home := reflect.Indirect(reflect.ValueOf(c.builder)).Type().PkgPath()
		if w, known := want[c.name]; known && home != w {
			t.Errorf("%s is the policy of %s, want that of %s", c.name, home, w)
		}
	}
}

// up brings a contender up for a test.
func up(t *testing.T, c contender, size int, drops bool) balancer.Picker {
	r := newWorld(t).start(c, size, servers(size, drops), size)
	t.Cleanup(r.close)
	r.bringUp()
	return r.parent.latest().Picker
}

// Ten rounds of a list of 12 go to each backend ten times, whoever picks.
func TestContenders_TakeTurns(t *testing.T) {
	const size, rounds = 12, 10
	for _, c := range everyone() {
		t.Run(c.name, func(t *testing.T) {
			counts := tally(t, up(t, c, size, false), size*rounds)
			if c.name == "atomic" {
				return // always the same one, on purpose
			}
			if len(counts) != size {
				t.Fatalf("%d backends were picked, want %d", len(counts), size)
			}
			for sc, n := range counts {
				if n != rounds {
					t.Errorf("%v was picked %d times, want %d", sc, n, rounds)
				}
			}
		})
	}
}

// tally picks n times and counts by SubConn; dropped picks count as nil.
func tally(t *testing.T, p balancer.Picker, n int) map[balancer.SubConn]int {
	t.Helper()
	counts := make(map[balancer.SubConn]int)
	for range n {
		r, err := p.Pick(callInfo)
		if err == balancer.ErrNoSubConnAvailable {
			t.Fatal("a pick that a channel would repeat")
		}
		if r.Done != nil {
			r.Done(callDone)
		}
		counts[r.SubConn]++
	}
	return counts
}

// With drops, a fourth of the picks are dropped, by those who know drops.
func TestContenders_Drop(t *testing.T) {
	for _, c := range pickers() {
		if !c.drops {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			if got := tally(t, up(t, c, 12, true), 160)[nil]; got != 40 {
				t.Errorf("%d of 160 picks were dropped, want 40", got)
			}
		})
	}
}

package assign

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// What part of a client's backends are the same ones after a restart, when the clients
// come back in another order.
func TestAssign_Subsets_AfterRestart(t *testing.T) {
	const size, servers, clients = 20, 100, 1000 // 200 clients a backend
	for _, c := range []struct {
		spread  int
		atLeast float64
	}{{1, 0.4}, {10, 0.7}, {math.MaxInt32, 1}} {
		before := joined(size, c.spread, servers, clients)
		after := NewSubsets(size, c.spread)
		after.SetBackends(names("b", servers))
		order := names("c", clients)
		rand.New(rand.NewPCG(1, 5)).Shuffle(clients, func(i, j int) { order[i], order[j] = order[j], order[i] })
		same := 0
		for _, name := range order {
			has := after.Join(name)
			for _, b := range before.Of(name) {
				if slices.Contains(has, b) {
					same++
				}
			}
		}
		kept := float64(same) / float64(clients*size)
		t.Logf("spread %d: %.0f %% are the same, backends differ by %d", c.spread, 100*kept, differ(before))
		if kept < c.atLeast {
			t.Errorf("spread %d: %.0f %% are the same, want %.0f", c.spread, 100*kept, 100*c.atLeast)
		}
	}
}

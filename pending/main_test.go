package pending

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/actorlb/grpclb/actor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs a queue until the end of the test, or of its bubble.
func start(t *testing.T) *Queue { return startUnder(t, false) }

// startUnder is start for a policy whose pickers may be asked twice for a call, if
// parent is true.
func startUnder(t *testing.T, parent bool) *Queue {
	g := actor.NewGroup()
	t.Cleanup(g.Stop)
	return Start(g, parent)
}

// checkStats compares all of the statistics.
func checkStats(t *testing.T, q *Queue, want Stats) {
	t.Helper()
	if got := q.Stats(); got != want {
		t.Errorf("stats are %+v, want %+v", got, want)
	}
}

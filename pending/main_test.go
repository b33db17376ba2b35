package pending

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/actorlb/grpclb/actor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs a queue until the end of the test, or of its bubble.
func start(t *testing.T) *Queue {
	g := actor.NewGroup()
	t.Cleanup(g.Stop)
	return Start(g)
}

// checkStats compares all of the statistics.
func checkStats(t *testing.T, q *Queue, want Stats) {
	t.Helper()
	if got := q.Stats(); got != want {
		t.Errorf("stats are %+v, want %+v", got, want)
	}
}

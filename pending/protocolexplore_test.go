package pending

import (
	"slices"
	"strings"
	"testing"

	"github.com/actorlb/grpclb/internal/interleave"
)

func (m *model) explore() (interleave.Explored, error) {
	p := &interleave.Protocol[world]{Start: world{picker: 1, version: 1}, Always: always, AtRest: m.atRest}
	thread := func(name string, step func(*world) string) {
		p.Threads = append(p.Threads, interleave.Thread[world]{Name: name, Step: step})
	}
	for i := range m.calls {
		name := string(rune('a' + i))
		thread("call "+name, func(s *world) string { return m.call(s, i) })
		if i < m.mortal {
			thread("gRPC", func(s *world) string { return m.giveUp(s, i) })
			thread("context "+name, func(s *world) string { return m.end(s, i) })
		}
	}
	thread("publisher", m.publish)
	thread("loop", m.loop)
	thread("timer", m.timer)
	return interleave.Explore(p)
}

// Calls with contexts that may end at any time, and calls without, during one handover or
// two.
func TestProtocol(t *testing.T) {
	for name, m := range map[string]model{
		"a call that ends":              {calls: 1, mortal: 1, script: duties},
		"one that ends, of 1 at most":   {calls: 1, mortal: 1, limit: 1, script: duties},
		"two that stay":                 {calls: 2, script: duties},
		"one of two ends":               {calls: 2, mortal: 1, script: duties[2:6]},
		"one of two ends, of 1 at most": {calls: 2, mortal: 1, limit: 1, script: duties[:4]},
		"under a parent":                {calls: 2, mortal: 1, repeats: true, script: again},
		"under a parent, of 1 at most":  {calls: 2, mortal: 1, limit: 1, repeats: true, script: again},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := m.explore()
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d states, %d schedules of up to %d steps", got.States, got.Schedules, got.Longest)
		})
	}
}

// The search finds an error in the queue, and a publisher that neglects its duties.
func TestProtocol_FaultsAreFound(t *testing.T) {
	oneEpoch := slices.Clone(duties[:4])
	oneEpoch[2].epoch, oneEpoch[3].epoch = 1, 1
	for name, c := range map[string]struct {
		model
		words string
	}{
		"the core keeps late words":             {model{calls: 1, script: duties[:2], fault: keepsLateWords}, "call 0 is kept, and waits no more"},
		"the core releases below the epoch":     {model{calls: 1, script: duties[:2], fault: releasesBelow}, "call 0 is kept, and waits no more"},
		"the core never finds a call":           {model{calls: 1, script: duties[2:3], fault: neverFinds}, "2 calls count, 1 wait"},
		"the core refuses who waits":            {model{calls: 2, limit: 1, script: duties[2:4], fault: neverFinds}, "a call was refused, wrongly"},
		"the loop never looks at calls":         {model{calls: 1, mortal: 1, fault: neverLooks}, "call 0 is kept, and waits no more"},
		"the loop never hears of the first":     {model{calls: 1, fault: neverListens}, "call 0 waits, and was lost"},
		"a picker is asked twice, unknown":      {model{calls: 1, script: again}, "2 calls count, 1 wait"},
		"two waiting pickers have one epoch":    {model{calls: 1, script: oneEpoch}, "call 0 waits, and was lost"},
		"a picker is released that is not over": {model{calls: 1, script: []act{{"Released(1)", 0, 1}}}, "call 0 waits, and was lost"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.explore()
			if err == nil || !strings.HasPrefix(err.Error(), c.words) {
				t.Fatalf("found nothing of the kind %q: %v", c.words, err)
			}
			t.Logf("found after %d states: %v", got.States, err)
		})
	}
}

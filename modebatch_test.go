package grpclb

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// What the stream says may come at once, as it does when the machine is late: the
// status is the newest only. The same comes of it, whichever moments the machine
// looks at. (Contact that is lost and found between two looks was never lost; that
// is no part of this.)
func TestMode_AnyBatches(t *testing.T) {
	events := []string{"list a:t", "list b:t", "list", "list bad", "list drop:d", "asked"}
	for seed := range uint64(500) {
		random := rand.New(rand.NewPCG(seed, 1))
		config := []string{"", " empty:fail", " empty:keep"}[random.IntN(3)]
		var history []string
		for range 1 + random.IntN(8) {
			history = append(history, events[random.IntN(len(events))])
		}
		one := looked(t, config, history, func() bool { return true })
		all := looked(t, config, history, func() bool { return false })
		some := looked(t, config, history, func() bool { return random.IntN(2) == 0 })
		if one != all || one != some {
			t.Fatalf("seed %d, %q after %q: one by one it comes to %s, at once to %s, in batches to %s", seed, history, config, one, all, some)
		}
	}
}

// looked is what a machine decides that is told how the stream stands when look
// says so, and after the last event.
func looked(t *testing.T, config string, history []string, look func() bool) string {
	s := newStage()
	s.play(strings.Fields("resolve lb:x at:p" + config))
	for _, event := range history {
		if !s.play(strings.Fields(event)) {
			t.Fatalf("no such event: %q", event)
		}
		if look() {
			s.deliver()
		}
	}
	s.deliver()
	return fmt.Sprintf("%s, %s", s.machine.mode.word(), plainly(s.machine.plan))
}

package grpclb

import (
	"strings"
	"testing"

	"github.com/actorlb/grpclb/hosted"
	"github.com/actorlb/grpclb/rrgroup"
)

// children are what the config may say of the child policy, and what picks then.
var children = []struct {
	policy string
	child  *hosted.Child
}{
	{"", nil},
	{`[{"one":{}}]`, &hosted.Child{}},
	{`[{"two":{}}]`, &hosted.Child{}},
}

// A ward is a stage on which the child policy changes with what the resolver
// finds. The twin knows nothing of child policies; what it would have to say is
// in check.
type ward struct {
	*testing.T
	*stage
	child *hosted.Child // by the newest config
}

// step does what two bytes say, and returns it in words.
func (w *ward) step(what, which byte) string {
	n := int(which)
	event := []string{"asked", "ended lost", "ready", "unready", "after 1s", "removed"}[n%6]
	switch what % 4 {
	case 0, 1:
		u := resolution(strings.Fields(resolutions[n%len(resolutions)]))
		if len(u.balancers) == 0 && len(u.backends) == 0 {
			return "nothing" // such an update is refused before the machine
		}
		now := children[n/16%len(children)]
		u.config.ChildPolicy, u.child, w.child = now.policy, now.child, now.child
		w.machine.update(u, w.now)
		event = "resolve, child " + now.policy
	case 2:
		event = "list " + lists[n%len(lists)]
		w.play(strings.Fields(event))
	default:
		w.play(strings.Fields(event))
	}
	w.deliver()
	return event
}

// check says what is wrong with the plan: one that names backends is for the
// child of the newest config, and the group is told of it whenever that changes
// and only then.
func (w *ward) check(event string, before *rrgroup.Plan) {
	p := w.machine.plan
	if p == nil {
		return
	}
	names := p.List != nil || p.Provenance == rrgroup.FromResolver
	if names && p.Child != w.child {
		w.Fatalf("%s: the plan has child %p, the config %p", event, p.Child, w.child)
	}
	if !names && p.Child != nil {
		w.Fatalf("%s: a plan that names nobody has a child", event)
	}
	if before != nil && p != before && p.List != nil && p.List == before.List && p.Child == before.Child && p.Stream == before.Stream {
		w.Fatalf("%s: the same plan is news", event)
	}
}

func tend(t *testing.T, steps []byte) {
	w := &ward{T: t, stage: newStage()}
	for i := 0; i+1 < len(steps); i += 2 {
		before := w.machine.plan
		w.check(w.step(steps[i], steps[i+1]), before)
	}
}

func TestMode_ChildIsThatOfTheConfig(t *testing.T) {
	for seed := range uint64(1000) {
		tend(t, randomSteps(seed+1<<32, 60))
	}
}

func FuzzMachineChild(f *testing.F) {
	f.Add([]byte{0, 1, 2, 0, 0, 17, 2, 2, 3, 0, 0, 33, 0, 1})
	f.Fuzz(tend)
}

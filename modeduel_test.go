package grpclb

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/actorlb/grpclb/lbstream"
	"github.com/actorlb/grpclb/rrgroup"
)

// A duel is a machine and its twin, and the stage that both are on.
type duel struct {
	*testing.T
	*stage
	twin *twin
	told lbstream.Status // what the twin has heard of
}

// step does what two bytes say: the first what happens, the second which one
// of them. Several things may come of the stream before the machine hears.
func (d *duel) step(what, which byte) string {
	n := int(which)
	switch what % 8 {
	case 0:
		return d.tell("resolve " + resolutions[n%len(resolutions)])
	case 1:
		return d.tell("error gone")
	case 2, 3:
		d.play(strings.Fields("list " + lists[n%len(lists)]))
	case 4:
		d.play([]string{"asked"})
	case 5:
		d.play([]string{"ended", "lost"})
	case 6:
		d.play([]string{[]string{"replaced", "removed"}[n%2]})
	case 7:
		return d.tell([]string{"ready", "unready", "arriving", "after 1s", "after 9.999s"}[n%5])
	}
	if what >= 128 {
		return "" // it is told with the next
	}
	if d.stream == d.machine.status {
		return "" // nothing to tell
	}
	d.deliver()
	d.twin.heard(d.stage, d.stream.Fulls != d.told.Fulls, d.stream.Lists != d.told.Lists && d.stream.List.Empty())
	d.told = d.stream
	d.twin.settle(d.now)
	return "stream"
}

// tell lets one event happen that both hear of at once.
func (d *duel) tell(event string) string {
	words := strings.Fields(event)
	if !d.play(words) {
		d.Fatalf("no such event: %q", event)
	}
	d.machine.check(d.now)
	switch words[0] {
	case "resolve":
		d.twin.resolve(resolution(words[1:]), d.now)
	case "error":
		d.twin.failed()
	case "ready", "unready", "arriving":
		d.twin.ready = words[0] == "ready"
		d.twin.hope, d.twin.hopeOf = words[0] != "unready", d.twin.name()
	}
	d.twin.settle(d.now)
	return event
}

// plainly is a plan in the words of the twin.
func plainly(p *rrgroup.Plan) string {
	switch {
	case p == nil:
		return "none"
	case p.Provenance == rrgroup.FromResolver:
		var all string
		for _, e := range p.Endpoints {
			all += e.Addresses[0].Addr
		}
		return all
	case p.List == nil && p.Unserved != nil:
		return "fail"
	case p.List == nil:
		return "wait"
	}
	text, _, _ := strings.Cut(describe(p), ";")
	return text
}

// contest plays steps to both, which must decide the same each time. That a plan
// is new the twin knows by its name, the machine by the pointer.
func contest(t *testing.T, steps []byte) {
	d := &duel{T: t, stage: newStage(), twin: newTwin()}
	for i := 0; i+1 < len(steps); i += 2 {
		plan, name, ends, asks := d.machine.plan, d.twin.name(), d.machine.ends, d.twin.asks
		event := d.step(steps[i], steps[i+1])
		if got, want := d.decision().words(), d.twin.words(); got != want {
			t.Fatalf("step %d (%s): the machine decides %s, its twin %s", i/2, event, got, want)
		}
		if got, want := d.machine.plan != plan, d.twin.name() != name; got != want {
			t.Fatalf("step %d (%s): a new plan: %v, with the twin %v", i/2, event, got, want)
		}
		if got, want := d.machine.askAgain(), d.twin.asks != asks; got != want || d.machine.askAgain() {
			t.Fatalf("step %d (%s): to ask again: %v, want %v and once", i/2, event, got, want)
		}
		if got, want := d.machine.reresolve(), d.machine.status.Ends != ends; got != want || d.machine.reresolve() {
			t.Fatalf("step %d (%s): to resolve again: %v, want %v and once", i/2, event, got, want)
		}
		if d.machine.mode == fallback && len(d.machine.backends) == 0 && d.machine.plan.Unserved == nil {
			t.Fatalf("step %d (%s): calls wait in fallback for nobody", i/2, event)
		}
	}
}

// randomSteps are n steps, the same for the same seed.
func randomSteps(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 0))
	steps := make([]byte, 2*n)
	for i := range steps {
		steps[i] = byte(r.Uint32())
	}
	return steps
}

func TestMode_AgreesWithItsTwin(t *testing.T) {
	for seed := range uint64(1000) {
		contest(t, randomSteps(seed, 60))
	}
}

func FuzzMachine(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(randomSteps(seed, 30))
	}
	f.Add([]byte{0, 1, 2, 0, 7, 0, 5, 0, 7, 1, 2, 4, 2, 0})   // lost, an empty list, the list again
	f.Add([]byte{0, 8, 2, 0, 2, 4, 130, 0, 4, 0, 2, 4, 2, 0}) // kept, then list and asked at once
	f.Fuzz(contest)
}

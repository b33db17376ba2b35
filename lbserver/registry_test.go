package lbserver

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestRegistry_Transcript(t *testing.T) {
	r := newRegistry()
	a, b := &call{}, &call{}
	first, second := listOf(t, one(1)), listOf(t, one(2))

	r.expect("s")
	r.open(a)
	r.open(b)
	if got := r.answer("s", first); len(got) != 0 {
		t.Errorf("a service nobody asked for: told %d calls", len(got))
	}
	if got, here := r.ask(a, "s"); got != first || !here {
		t.Errorf("ask = %v, %v", got, here)
	}
	if got := r.answer("s", second); !maps.Equal(got, audience{a: {}}) {
		t.Errorf("a new answer: told %v, want the one that asked", got)
	}
	if got := r.answer("s", listOf(t, one(2))); got != nil {
		t.Errorf("an equal answer: told %v", got)
	}
	r.leave(a)
	if got := r.remove("s"); len(got) != 0 {
		t.Errorf("removed: told %v, which left", got)
	}
	if got, here := r.ask(b, "s"); got != nil || !here {
		t.Errorf("ask for a removed service = %v, %v", got, here)
	}
	if got := r.close(); len(got) != 0 {
		t.Errorf("closed: told %v, which are gone", got)
	}
}

// A client may hang up between its request and the loop's hearing of it.
func TestRegistry_AskAfterLeavingLeavesNoTrace(t *testing.T) {
	r := newRegistry()
	r.answer("s", fallbackAnswer())
	c := &call{}
	r.open(c)
	r.leave(c)
	if a, here := r.ask(c, "s"); a != nil || here {
		t.Errorf("ask = %v, %v; want nobody here", a, here)
	}
	if len(r.calls) != 0 || len(r.services["s"].calls) != 0 {
		t.Error("the call is remembered")
	}
}

// twin is a registry that looks at everything there is each time.
type twin struct {
	answers map[string]*answer
	wants   map[*call]string // "" before it asked
}

func (w *twin) of(service string) audience {
	heard := make(audience)
	for c, s := range w.wants {
		if s == service {
			heard[c] = struct{}{}
		}
	}
	return heard
}

func TestRegistry_AgreesWithTwin(t *testing.T) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		r, w := newRegistry(), &twin{map[string]*answer{}, map[*call]string{}}
		calls := make([]*call, 6)
		for i := range calls {
			calls[i] = &call{over: make(chan verdict)}
		}
		answers := []*answer{listOf(t, one(1)), listOf(t, one(2)), fallbackAnswer()}
		for step := range 60 {
			c, name := calls[rnd.IntN(len(calls))], fmt.Sprint("s", rnd.IntN(3))
			var got, want audience
			switch rnd.IntN(6) {
			case 0:
				if _, open := w.wants[c]; !open {
					r.open(c)
					w.wants[c] = ""
				}
			case 1:
				// A call asks once at most, but perhaps after it left.
				if w.wants[c] != "" {
					continue
				}
				_, open := w.wants[c]
				a, here := r.ask(c, name)
				if here != open || here && a != w.answers[name] {
					t.Fatalf("seed %d step %d: ask = %v, %v", seed, step, a, here)
				}
				if open && a != nil {
					w.wants[c] = name
				} else {
					delete(w.wants, c)
				}
			case 2:
				a := answers[rnd.IntN(len(answers))]
				got = r.answer(name, a)
				if w.answers[name] != a {
					want = w.of(name)
				}
				w.answers[name] = a
			case 3:
				got, want = r.remove(name), w.of(name)
				delete(w.answers, name)
				maps.DeleteFunc(w.wants, func(_ *call, s string) bool { return s == name })
			case 4:
				r.leave(c)
				delete(w.wants, c)
			case 5:
				r.expect(name)
				if w.answers[name] == nil {
					w.answers[name] = unknownYet
				}
			}
			if !maps.Equal(got, want) {
				t.Fatalf("seed %d step %d: told %d calls, want %d", seed, step, len(got), len(want))
			}
			if len(r.calls) != len(w.wants) || len(r.services) != len(w.answers) {
				t.Fatalf("seed %d step %d: %d calls and %d services are remembered, want %d and %d",
					seed, step, len(r.calls), len(r.services), len(w.wants), len(w.answers))
			}
		}
		if got := slices.Collect(maps.Keys(r.close())); len(got) != len(w.wants) {
			t.Fatalf("seed %d: close tells %d calls, want %d", seed, len(got), len(w.wants))
		}
	}
}

func listOf(t *testing.T, servers ...Server) *answer {
	t.Helper()
	a, err := listAnswer(servers, defaultMaxListBytes)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

package lbserver

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// A place is a class of a service.
type place struct{ service, class string }

// twin is a registry that looks at everything there is each time.
type twin struct {
	answers map[place]*answer
	wants   map[*call]place // the zero place before it asked
	reviews uint64
	wanted  map[*call]uint64 // the review in which it is to ask
}

func (w *twin) due(p place) *answer {
	if a := w.answers[p]; a != nil {
		return a
	}
	return w.answers[place{p.service, ""}]
}

// changed does what is said and returns the calls that are due another answer then,
// and those that are due none any more, which are gone.
func (w *twin) changed(do func()) (told, ended []*call) {
	before := make(map[*call]*answer)
	for c, p := range w.wants {
		before[c] = w.due(p)
	}
	do()
	for c, p := range w.wants {
		switch due := w.due(p); {
		case due == before[c]:
		case due == nil:
			ended = append(ended, c)
			delete(w.wants, c)
		default:
			told = append(told, c)
		}
	}
	return told, ended
}

func (w *twin) services() map[string]bool {
	known := make(map[string]bool)
	for p := range w.answers {
		known[p.service] = true
	}
	return known
}

func TestRegistry_AgreesWithTwin(t *testing.T) {
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		r, w := newRegistry(), &twin{map[place]*answer{}, map[*call]place{}, 0, map[*call]uint64{}}
		calls := make([]*call, 8)
		for i := range calls {
			calls[i] = &call{over: make(chan verdict)}
		}
		for step := range 100 {
			c := calls[rnd.IntN(len(calls))]
			p := place{fmt.Sprint("s", rnd.IntN(2)), []string{"", "a", "b"}[rnd.IntN(3)]}
			var told, ended, gone []*call
			switch rnd.IntN(8) {
			case 0:
				if _, open := w.wants[c]; !open {
					r.open(c)
					w.wants[c], w.wanted[c] = place{}, 0
				}
			case 1:
				// A call may ask after it left, again, and too late for a review.
				_, open := w.wants[c]
				round := w.reviews - min(w.reviews, rnd.Uint64N(2))
				a, here := r.ask(c, asks(p.service, p.class), round)
				if here != (open && round >= w.wanted[c]) || here && a != w.due(p) {
					t.Fatalf("seed %d step %d: ask = %v, %v", seed, step, a, here)
				}
				if here && a != nil {
					w.wants[c] = p
				}
			case 2:
				a := fallbackAnswer()
				if rnd.IntN(2) == 0 {
					a = listOf(t, one(rnd.IntN(2)+1))
				}
				told = r.set(p.service, p.class, a)
				want, _ := w.changed(func() {
					if !w.answers[p].equal(a) {
						w.answers[p] = a
					}
				})
				wantTold(t, told, want...)
			case 3:
				gone = r.remove(p.service)
				_, ended = w.changed(func() {
					maps.DeleteFunc(w.answers, func(q place, _ *answer) bool { return q.service == p.service })
				})
				wantTold(t, gone, ended...)
			case 4:
				r.leave(c)
				delete(w.wants, c)
			case 5:
				r.expect(p.service)
				w.changed(func() {
					if own := (place{p.service, ""}); w.answers[own] == nil {
						w.answers[own] = unknownYet
					}
				})
			case 6:
				concerned, due := r.unset(p.service, p.class)
				told, ended = w.changed(func() { delete(w.answers, p) })
				if due == nil {
					wantTold(t, concerned, ended...)
				} else {
					wantTold(t, concerned, told...)
				}
			case 7:
				w.reviews++
				round, all, asked := r.review()
				var want []*call
				for c, p := range w.wants {
					w.wanted[c] = round
					if p != (place{}) {
						want = append(want, c)
					}
				}
				if wantTold(t, asked, want...); round != w.reviews {
					t.Errorf("review %d, want %d", round, w.reviews)
				}
				wantTold(t, all, slices.Collect(maps.Keys(w.wants))...)
			}
			state := r.describe()
			if len(r.calls) != len(w.wants) || len(state.Services) != len(w.services()) {
				t.Fatalf("seed %d step %d: %d calls and %d services are remembered, want %d and %d",
					seed, step, len(r.calls), len(state.Services), len(w.wants), len(w.services()))
			}
			for c, p := range w.wants {
				if p != (place{}) && r.services[p.service].due(p.class) != w.due(p) {
					t.Fatalf("seed %d step %d: a call is due another answer", seed, step)
				}
				if m := r.calls[c]; m == nil || (m.class != nil) != (p != place{}) {
					t.Fatalf("seed %d step %d: a call is in another state", seed, step)
				}
			}
			if t.Failed() {
				t.Fatalf("seed %d step %d", seed, step)
			}
		}
		wantTold(t, r.close(), slices.Collect(maps.Keys(w.wants))...)
	}
}

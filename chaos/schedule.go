package main

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

// A source draws what happens. The seed and the number of the phase determine
// it, so that a seed that found something can be played again. When exactly
// things happen to calls is not ours to say.
type source struct{ *rand.Rand }

func newSource(seed uint64, stream uint64) source {
	return source{rand.New(rand.NewPCG(seed, stream))}
}

// between draws a time in milliseconds, so that it can be printed.
func (s source) between(least, most time.Duration) time.Duration {
	span := int((most - least) / time.Millisecond)
	return least + time.Duration(s.IntN(span+1))*time.Millisecond
}

// A menu is what faults are drawn from.
type menu struct {
	targets []target
	kinds   []kind
	every   time.Duration // a fault begins so often on average
	longest time.Duration
}

// faults draws the faults of a stretch of time, by when they begin. All of them
// end within it, and a server has one at a time; inContact counts as a server.
func (s source) faults(m menu, length time.Duration) []fault {
	var all []fault
	free := make(map[target]time.Duration) // when it has none any more
	for at := s.between(0, m.every); at < length*9/10; at += s.between(m.every/2, m.every*3/2) {
		f := fault{at: at, kind: m.kinds[s.IntN(len(m.kinds))], target: m.targets[s.IntN(len(m.targets))]}
		f.lasts = min(s.between(m.longest/10, m.longest), length-at)
		f.delay, f.rate = s.severity(f.kind)
		if f.kind == cut {
			f.lasts = 0
		}
		if at < free[f.target] || !f.kind.fits(f.target) {
			continue
		}
		free[f.target] = at + f.lasts + time.Millisecond
		all = append(all, f)
	}
	slices.SortStableFunc(all, func(a, b fault) int { return cmp.Compare(a.at, b.at) })
	return all
}

// severity draws how much slower a server gets: by a few times what a call
// takes, but not so much that a call in good time would miss its deadline.
func (s source) severity(k kind) (delay time.Duration, rate int) {
	switch k {
	case delayed:
		return s.between(2*time.Millisecond, 30*time.Millisecond), 0
	case throttled:
		return 0, (128 + s.IntN(512)) << 10
	}
	return 0, 0
}

// fits reports whether the fault can befall the target.
func (k kind) fits(t target) bool {
	if k == replaced || k == reordered {
		return t == inContact || isBalancer(int(t))
	}
	return true
}

// list draws a list of some of these backends, in any order, one in four of them
// twice.
func (s source) list(backends []int) []int {
	var drawn []int
	order := s.Perm(len(backends))
	for _, i := range order[:1+s.IntN(len(order))] {
		drawn = append(drawn, backends[i])
		if s.IntN(4) == 0 {
			drawn = append(drawn, backends[i])
		}
	}
	s.Shuffle(len(drawn), func(i, j int) { drawn[i], drawn[j] = drawn[j], drawn[i] })
	return drawn
}

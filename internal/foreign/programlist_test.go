//go:build foreign

package foreign

import (
	"cmp"
	"slices"
	"strings"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// inTemporary has the program keep its overrides as long as it runs.
const inTemporary = "{}"

// The program's list comes with its backends' tokens, by address, and follows an override of a
// weight.
func programList(s *site) {
	b := s.backends(3)
	slices.SortFunc(b, func(a, b *lbtest.Backend) int { return cmp.Compare(a.Addr(), b.Addr()) })
	p := s.program(inTemporary, "")
	p.list(entry(b[2], "z", ""), entry(b[0], "x", ""), entry(b[1], "y", ""))
	s.balancedBy(p)
	c := s.dial()
	s.reach(c, b...)
	answers := c.calls(6, failFast)
	order := s.numbers(answers)
	turned := max(0, slices.Index(order, b[0].Number))
	order = append(order[turned:], order[:turned]...)
	if want := []int{b[0].Number, b[1].Number, b[2].Number}; !slices.Equal(order, append(want, want...)) {
		s.Errorf("backends that answered: %v, want twice %v", order, want)
	}
	for _, a := range answers {
		i := slices.IndexFunc(b, func(b *lbtest.Backend) bool { return b.Number == a.backend })
		if token, _, _ := strings.Cut(a.token, "~"); token != "xyz"[i:i+1] { // behind it is the mark of RestartTokens
			s.Errorf("a call came to %v", a)
		}
	}
	p.ctl("weight", b[1].Addr(), "3")
	p.await("three calls of five go to the backend of weight 3", func() bool {
		counts := map[int]int{}
		for _, number := range s.numbers(c.calls(15, failFast)) {
			counts[number]++
		}
		return counts[b[0].Number] == 3 && counts[b[1].Number] == 9 && counts[b[2].Number] == 3
	})
}

//go:build foreign

package foreign

import "github.com/actorlb/grpclb/lbserver"

// A server of weight 3 is listed three times, and gets three calls of four.
func weights(s *site) {
	b := s.backends(2)
	s.list(lbserver.Server{Address: b[0].Addr(), Token: "x", Weight: 3}, at(b[1], "y"))
	c := s.dial()
	s.reach(c, b...)
	counts := map[int]int{}
	for _, number := range s.numbers(c.calls(40, failFast)) {
		counts[number]++
	}
	if counts[1] != 30 || counts[2] != 10 {
		s.Errorf("40 calls: %v, want 30 and 10", counts)
	}
}

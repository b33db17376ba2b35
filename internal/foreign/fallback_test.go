//go:build foreign

package foreign

import "github.com/actorlb/grpclb/internal/lbtest"

// The balancer asks for fallback, and takes its clients back.
func fallback(s *site) {
	b := s.backends(1)
	s.list(at(b[0], "x"))
	c := s.dial()
	s.reach(c, b...)
	if err := s.balancer.SetFallback(s.service()); err != nil {
		s.Fatal(err)
	}
	s.reach(c, s.fallback)
	if a := c.calls(1, failFast)[0]; a.backend != fallen || a.token != lbtest.NoToken {
		s.Errorf("in fallback a call came to %v, want no token", a)
	}
	s.list(at(b[0], "x"))
	s.until(c, "the list again", failFast, func(a answer) bool { return a.backend == b[0].Number && a.token == "x" })
}

//go:build foreign

package foreign

import "github.com/actorlb/grpclb/lbserver"

// The balancer is lost and then the backends: calls fall back, until both are back. Clients
// that ignore a list equal to their last one stay in fallback until it changes.
func lost(s *site) {
	b := s.backends(1)
	s.list(at(b[0], "x"))
	c := s.dial()
	s.reach(c, b[0])
	s.balancer.stop()
	s.numbers(c.calls(10, failFast)) // the list stays in use
	b[0].Stop()
	s.reach(c, s.fallback)
	b[0].Restart()
	s.balancer.start(lbserver.Options{})
	s.list(at(b[0], "x"))
	if s.client.traits().deafToSameList {
		c.begin(failFast)
		s.balancer.empty()
		s.balancer.heard()
		for _, a := range append(c.end(), c.calls(10, failFast)...) {
			if a.backend != fallen {
				s.Errorf("with the same list again a call came to %v, want fallback", a)
			}
		}
		s.list(at(b[0], "y"))
	}
	s.reach(c, b[0])
}

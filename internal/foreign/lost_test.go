//go:build foreign

package foreign

import "github.com/actorlb/grpclb/lbserver"

// The balancer is lost and then the backends: calls fall back, until both are back.
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
	s.reach(c, b[0])
}

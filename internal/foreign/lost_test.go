//go:build foreign

package foreign

import (
	"github.com/actorlb/grpclb/internal/lbtest"
	"github.com/actorlb/grpclb/lbserver"
)

// The balancer is lost and then the backends: calls fall back, until both are back. Clients
// that ignore a list equal to their last one stay in fallback until it changes.
func lost(s *site) {
	c, b := s.lostAndBack(lbserver.Options{})
	if s.client.traits().deafToSameList {
		c.begin(failFast)
		s.balancer.empty()
		s.balancer.heard()
		for _, a := range append(c.end(), c.calls(10, failFast)...) {
			if a.backend != fallen {
				s.Errorf("with the same list again a call came to %v, want fallback", a)
			}
		}
		s.list(at(b, "y"))
	}
	s.reach(c, b)
}

// With RestartTokens the lists differ, so every client leaves fallback.
func lostMarked(s *site) {
	c, b := s.lostAndBack(lbserver.Options{RestartTokens: true})
	s.reach(c, b)
}

// lostAndBack loses the balancer and then the only backend. When calls have fallen back, both
// come back with the list as it was.
func (s *site) lostAndBack(options lbserver.Options) (channel, *lbtest.Backend) {
	s.balancer.stop()
	s.balancer.start(options)
	b := s.backends(1)[0]
	s.list(at(b, "x"))
	c := s.dial()
	s.reach(c, b)
	s.balancer.stop()
	s.numbers(c.calls(10, failFast)) // the list stays in use
	b.Stop()
	s.reach(c, s.fallback)
	b.Restart()
	s.balancer.start(options)
	s.list(at(b, "x"))
	return c, b
}

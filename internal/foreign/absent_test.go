//go:build foreign

package foreign

import (
	"time"

	"github.com/actorlb/grpclb/lbserver"
)

// A balancer that is not there at the start: calls fall back, and follow its list when it
// has come.
func absent(s *site) {
	b := s.backends(1)
	s.balancer.stop()
	began := time.Now()
	c := s.dial()
	s.reach(c, s.fallback)
	s.Logf("in fallback after %v", time.Since(began).Round(time.Millisecond))
	s.balancer.start(lbserver.Options{})
	s.list(at(b[0], "x"))
	s.until(c, "the list", failFast, func(a answer) bool { return a.token == "x" })
}

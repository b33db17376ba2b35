//go:build foreign

package foreign

import (
	"time"

	"github.com/actorlb/grpclb/lbserver"
)

// A balancer ends, and another one at its address has the same list: calls go on. Some
// clients do not report to it, until the list changes.
func restart(s *site) {
	b := s.backends(2)
	s.list(at(b[0], "x"), at(b[1], "y"))
	c := s.dial()
	s.reach(c, b...)
	c.begin(failFast)
	s.balancer.stop()
	s.balancer.empty()
	s.balancer.start(lbserver.Options{})
	s.list(at(b[0], "x"), at(b[1], "y"))
	s.balancer.heard()
	s.numbers(c.end())

	c.calls(10, failFast)
	sum := s.balancer.collectFor(10, 3*time.Second)
	if deaf := sum.finished == 0; deaf != s.client.traits().deafToSameList {
		s.Errorf("after 10 calls the new balancer's reports add up to %+v", sum)
	}
	s.list(at(b[1], "y"), at(b[0], "x"))
	for s.balancer.collectFor(1, time.Second).finished == 0 && !s.Failed() {
		s.numbers(c.calls(10, failFast))
	}
}

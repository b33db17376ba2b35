//go:build foreign

package foreign

import (
	"time"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// Lists with other backends, while calls are made: none fails.
func handover(s *site) {
	b := s.backends(4)
	s.list(at(b[0], "a"), at(b[1], "b"))
	c := s.dial()
	s.reach(c, b[:2]...)
	c.begin(failFast)
	s.list(at(b[2], "c"), at(b[3], "d"))
	s.called(b[2], b[3])
	s.list(at(b[0], "e"), at(b[3], "f"))
	s.called(b[0], b[3])
	s.list(at(b[1], "g"))
	s.called(b[1])
	answers := c.end()
	s.numbers(answers)
	s.Logf("%d calls were made meanwhile", len(answers))
}

// called waits until each of the backends has had ten more calls.
func (s *site) called(backends ...*lbtest.Backend) {
	s.Helper()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for _, b := range backends {
		for from := b.Calls(); b.Calls() < from+10; {
			select {
			case <-look.C:
			case <-limit.C:
				s.Fatalf("backend %d has had no ten calls in %v", b.Number, patience)
			}
		}
	}
}

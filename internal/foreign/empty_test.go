//go:build foreign

package foreign

import (
	"time"

	"google.golang.org/grpc/codes"
)

// An empty list: fail-fast calls fail with some clients, all others wait for a longer one.
func empty(s *site) {
	b := s.backends(1)
	s.list(at(b[0], "x"))
	c := s.dial()
	s.reach(c, b...)
	s.list()
	want := codes.DeadlineExceeded
	if s.client.traits().failsOnEmpty {
		want = codes.Unavailable
	}
	short := how{timeout: 300 * time.Millisecond}
	s.until(c, "a call that fails", short, func(a answer) bool { return a.code != codes.OK })
	if a := c.calls(1, short)[0]; a.code != want {
		s.Errorf("a fail-fast call came to %v, want %v", a, want)
	}
	short.wait = true
	if a := c.calls(1, short)[0]; a.code != codes.DeadlineExceeded {
		s.Errorf("a wait-for-ready call came to %v, want %v", a, codes.DeadlineExceeded)
	}
	c.begin(waiting)
	s.list(at(b[0], "x"))
	s.balancer.heard()
	s.numbers(c.end())
}

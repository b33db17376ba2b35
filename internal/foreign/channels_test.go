//go:build foreign

package foreign

// Channels to the same service are clients of their own, and each is reported on.
func channels(s *site) {
	b := s.backends(2)
	s.list(at(b[0], "x"), at(b[1], "y"))
	for range 3 {
		c := s.dial()
		s.reach(c, b...)
		s.numbers(c.calls(10, failFast))
	}
	seen := int64(b[0].Calls() + b[1].Calls())
	if sum := s.balancer.collect(seen); sum.started != seen || sum.finished != seen {
		s.Errorf("the reports add up to %+v; the backends have seen %d calls", sum, seen)
	}
}

//go:build foreign

package foreign

// Load reports add up to what the backends have seen.
func reports(s *site) {
	b := s.backends(2)
	s.list(at(b[0], "x"), at(b[1], "y"))
	c := s.dial()
	s.reach(c, b...)
	s.numbers(c.calls(30, failFast))
	seen := int64(b[0].Calls() + b[1].Calls())
	sum := s.balancer.collect(seen)
	if sum.started != seen || sum.finished != seen || sum.known != seen || sum.failedToSend != 0 || len(sum.drops) != 0 {
		s.Errorf("the reports add up to %+v; the backends have seen %d calls", sum, seen)
	}
}

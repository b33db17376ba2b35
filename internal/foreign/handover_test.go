//go:build foreign

package foreign

// Lists with other backends, while calls are made: none fails.
func handover(s *site) {
	b := s.backends(4)
	s.list(at(b[0], "a"), at(b[1], "b"))
	load, probe := s.dial(), s.dial()
	s.reach(load, b[:2]...)
	load.begin(failFast)
	s.list(at(b[2], "c"), at(b[3], "d"))
	s.reach(probe, b[2:]...)
	s.list(at(b[0], "e"), at(b[3], "f"))
	s.reach(probe, b[0], b[3])
	s.list(at(b[1], "g"))
	s.reach(probe, b[1])
	answers := load.end()
	s.numbers(answers)
	s.Logf("%d calls were made meanwhile", len(answers))
}

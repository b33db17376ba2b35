//go:build foreign

package foreign

import "github.com/actorlb/grpclb/lbserver"

// A balancer ends, and another one at its address has the same list: calls go on. Some
// clients do not report to it until the list changes.
func restart(s *site) {
	b := s.backends(2)
	servers := []lbserver.Server{at(b[0], "x"), at(b[1], "y")}
	c := s.restarted(servers, lbserver.Options{})
	if deaf := !s.reported(c); deaf != s.client.traits().deafToSameList {
		s.Errorf("the new balancer had no reports of calls: %v", deaf)
	}
	s.list(servers[1], servers[0])
	for range 5 {
		if s.reported(c) {
			return
		}
	}
	s.Error("the list has changed, and the new balancer has no reports of calls")
}

// With RestartTokens the lists differ, and every client reports.
func marked(s *site) {
	b := s.backends(2)
	options := lbserver.Options{RestartTokens: true}
	c := s.restarted([]lbserver.Server{at(b[0], "x"), at(b[1], "y")}, options)
	if !s.reported(c) {
		s.Error("the new balancer had no reports of calls")
	}
}

// restarted has the balancer end and start again with the same list, while calls
// are made, none of which may fail.
func (s *site) restarted(servers []lbserver.Server, options lbserver.Options) channel {
	s.balancer.stop()
	s.balancer.start(options)
	s.list(servers...)
	c := s.dial()
	s.until(c, "the list", waiting, func(a answer) bool { return a.backend == 1 })
	c.begin(failFast)
	s.balancer.stop()
	s.balancer.empty()
	s.balancer.start(options)
	s.list(servers...)
	s.balancer.heard()
	s.numbers(c.end())
	return c
}

// reported makes calls, and says whether the balancer has reports of any.
func (s *site) reported(c channel) bool {
	s.numbers(c.calls(10, failFast))
	return s.balancer.collectFor(1, 2*reportEvery).finished > 0
}

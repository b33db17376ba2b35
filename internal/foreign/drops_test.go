//go:build foreign

package foreign

import (
	"google.golang.org/grpc/codes"

	"github.com/actorlb/grpclb/lbserver"
)

// Half of the calls are dropped, and counted by the token of the drop.
func drops(s *site) {
	b := s.backends(1)
	s.list(at(b[0], "x"), lbserver.Server{Token: "shed", Drop: true})
	c := s.dial()
	dropped := 0
	for s.dropped(c.calls(1, waiting)[0]) {
		dropped++ // until a backend is READY, clients differ in whether they drop
	}
	for _, a := range c.calls(20, failFast) {
		if s.dropped(a) {
			dropped++
		}
	}
	if dropped < 10 || dropped > 12 {
		s.Errorf("%d of 20 calls were dropped, want 10", dropped)
	}
	finished := int64(b[0].Calls() + dropped)
	sum := s.balancer.collect(finished)
	if sum.finished != finished || sum.started != finished || sum.drops["shed"] != int64(dropped) {
		s.Errorf("the reports add up to %+v; %d calls were made, %d of them dropped", sum, finished, dropped)
	}
}

func (s *site) dropped(a answer) bool {
	if a.code != codes.OK && a.code != codes.Unavailable {
		s.Fatal(a)
	}
	return a.code == codes.Unavailable
}

//go:build foreign

package foreign

// An override has clients drop a quarter of their calls. The program's totals are exact.
func programDrops(s *site) {
	b := s.backends(2)
	p := s.program(inTemporary, "")
	p.list(entry(b[0], "x", ""), entry(b[1], "y", ""))
	s.balancedBy(p)
	c := s.dial()
	s.reach(c, b...)
	p.ctl("drop", "shed", "25", "-service", s.service())
	dropped := 0
	p.await("a call is dropped", func() bool {
		if s.dropped(c.calls(1, failFast)[0]) {
			dropped++
		}
		return dropped == 1
	})
	for _, a := range c.calls(40, failFast) {
		if s.dropped(a) {
			dropped++
		}
	}
	if dropped != 11 {
		s.Errorf("%d of 41 calls were dropped, the first one too; want 11", dropped)
	}
	total := b[0].Calls() + b[1].Calls() + dropped
	p.counts(`grpclbd_calls_finished_total{service=%q}`, total)
	p.counts(`grpclbd_calls_started_total{service=%q}`, total)
	p.counts(`grpclbd_calls_known_received_total{service=%q}`, total-dropped)
	p.counts(`grpclbd_calls_dropped_total{service=%q,token="shed"}`, dropped)
	p.counts(`grpclbd_calls_failed_total{service=%q}`, 0)
}

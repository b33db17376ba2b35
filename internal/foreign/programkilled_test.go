//go:build foreign

package foreign

import "fmt"

// The program is killed and starts again: its overrides are in force, and no call fails.
func programKilled(s *site) {
	b := s.backends(3)
	p := s.program(fmt.Sprintf("{dir: %q}", s.TempDir()), "")
	p.list(entry(b[0], "x", ""), entry(b[1], "y", ""))
	s.balancedBy(p)
	p.ctl("drain", b[0].Addr())
	c := s.dial()
	s.until(c, "the list", waiting, func(a answer) bool { return a.backend == b[1].Number })
	c.begin(failFast)
	p.kill()
	s.called(b[1])
	p.start()
	p.counts(`grpclbd_clients{service=%q}`, 1)
	p.list(entry(b[0], "x", ""), entry(b[2], "z", ""), entry(b[1], "y", ""))
	s.called(b[2])
	s.numbers(c.end())
	if n := b[0].Calls(); n != 0 {
		s.Errorf("the drained backend has had %d calls", n)
	}
	p.ctl("undrain", b[0].Addr())
	s.reach(c, b[0])
}

// Two replicas, one of which is the other's store, start again one after the other: no
// call fails, and an override through one counts for the client, whichever it is at.
func programRolling(s *site) {
	b := s.backends(2)
	etcd := s.closed()
	one := s.program(fmt.Sprintf("{dir: %q, listen: %q}", s.TempDir(), etcd), "")
	two := s.program(fmt.Sprintf("{etcd: [%q]}", "http://"+etcd), "")
	for _, p := range []*program{one, two} {
		p.list(entry(b[0], "x", ""), entry(b[1], "y", ""))
	}
	s.balancedBy(one, two)
	c := s.dial()
	s.reach(c, b...)
	c.begin(failFast)
	for _, p := range []*program{one, two} {
		p.stop()
		s.called(b...)
		p.start()
	}
	two.await("the client is with one of them", func() bool {
		line := fmt.Sprintf("grpclbd_clients{service=%q}", s.service())
		return one.metric(line)+two.metric(line) == 1
	})
	two.ctl("drain", b[0].Addr(), "-wait")
	s.called(b[1])
	drained := b[0].Calls()
	s.called(b[1])
	s.numbers(c.end())
	if n := b[0].Calls(); n != drained {
		s.Errorf("the drained backend has had %d more calls", n-drained)
	}
}

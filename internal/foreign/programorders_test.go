//go:build foreign

package foreign

import "strings"

// A drain under load, which is waited for; then fallback. Each is lifted.
func programOrders(s *site) {
	b := s.backends(2)
	p := s.program(inTemporary, "")
	p.list(entry(b[0], "x", ""), entry(b[1], "y", ""))
	s.balancedBy(p)
	c := s.dial()
	s.reach(c, b...)

	c.begin(failFast)
	if out := p.ctl("drain", b[0].Addr(), "-wait", "-why", "new disk"); !strings.Contains(out, "0 clients still have it") {
		s.Errorf("ctl drain prints %q", out)
	}
	s.called(b[1])
	drained := b[0].Calls()
	s.called(b[1])
	s.numbers(c.end())
	if n := b[0].Calls(); n != drained {
		s.Errorf("the drained backend has had %d more calls", n-drained)
	}
	p.ctl("undrain", b[0].Addr())
	s.reach(c, b[0])

	p.ctl("fallback", s.service())
	s.reach(c, s.fallback)
	p.ctl("unfallback", s.service())
	s.reach(c, b...)
}

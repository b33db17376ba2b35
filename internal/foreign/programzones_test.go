//go:build foreign

package foreign

// Clients are sent to their zone, and one call of four to its canary.
func programZones(s *site) {
	b := s.backends(4)
	p := s.program(inTemporary, `, zones: {clients: {127.0.0.0/8: z2}}, canary: {label: track=canary, percent: 25}`)
	p.list(entry(b[0], "x", ", zone: z1"), entry(b[1], "y", ", zone: z1, labels: {track: canary}"),
		entry(b[2], "z", ", zone: z2"), entry(b[3], "c", ", zone: z2, labels: {track: canary}"))
	s.balancedBy(p)
	c := s.dial()
	s.reach(c, b[2:]...)
	counts := map[int]int{}
	for _, number := range s.numbers(c.calls(40, failFast)) {
		counts[number]++
	}
	if counts[3] != 30 || counts[4] != 10 {
		s.Errorf("40 calls: %v, want 30 to backend 3 and 10 to 4", counts)
	}
	if n := b[0].Calls() + b[1].Calls(); n != 0 {
		s.Errorf("%d calls have left the zone", n)
	}
}

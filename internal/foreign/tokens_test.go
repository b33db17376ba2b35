//go:build foreign

package foreign

// Each entry has a token, two for the same address too.
func tokens(s *site) {
	b := s.backends(2)
	s.list(at(b[0], "x"), at(b[1], "y"), at(b[0], "z"))
	c := s.dial()
	s.reach(c, b...)
	counts := map[string]int{}
	for _, a := range c.calls(30, failFast) {
		counts[a.token]++
	}
	if counts["y"] != 10 || counts["x"]+counts["z"] != 20 {
		s.Errorf("tokens of 30 calls: %v", counts)
	}
	if one := counts["x"] == 0 || counts["z"] == 0; one != s.client.traits().tokenPerAddress {
		s.Errorf("tokens of 30 calls: %v; one token for each address: %v", counts, !one)
	}
}

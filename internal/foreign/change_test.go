//go:build foreign

package foreign

// A new token for a known address: calls have it, over the same connection. Clients
// with one token for each address keep the first one.
func change(s *site) {
	b := s.backends(2)
	s.list(at(b[0], "old"))
	c := s.dial()
	s.reach(c, b[0])
	s.list(at(b[0], "new"))
	s.list(at(b[0], "new"), at(b[1], "other"))
	s.reach(c, b[1])
	want := "new"
	if s.client.traits().tokenPerAddress {
		want = "old"
	}
	for _, a := range c.calls(10, failFast) {
		if a.backend == b[0].Number && a.token != want {
			s.Errorf("a call came to %v, want the token %s", a, want)
		}
	}
	if got := b[0].Conns(); got != 1 {
		s.Errorf("%d connections to the backend, want 1", got)
	}
}

//go:build foreign

package foreign

import "slices"

// A first list: calls go to its backends, in its order.
func list(s *site) {
	b := s.backends(3)
	s.list(at(b[1], "y"), at(b[0], "x"), at(b[2], "z"))
	c := s.dial()
	s.reach(c, b...)
	order := s.numbers(c.calls(6, failFast))
	turned := slices.Index(order, 2)
	if turned < 0 {
		s.Fatalf("backends that answered: %v", order)
	}
	order = append(order[turned:], order[:turned]...)
	if !slices.Equal(order, []int{2, 1, 3, 2, 1, 3}) {
		s.Errorf("backends that answered, from 2 on: %v", order)
	}
}

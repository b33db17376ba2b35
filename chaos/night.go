package main

import "slices"

// A night is which servers go and which comes back first.
type night int

const (
	// Everything goes. A fallback server comes back: the balancers have been lost
	// with no backend ready, so calls go to it.
	nightFallback night = iota
	// Everything goes. A balancer comes back and a backend right after it.
	nightBalancer
	// The backends go, a balancer stays in contact: there is no fallback then
	// (rule fallback.lost). A backend comes back.
	nightBackends
	// The backends go and then the balancers. The fallback servers are there all
	// the time, so it is light from the beginning.
	nightLost
	nights
)

var nightNames = map[night]string{
	nightFallback: "everything goes, a fallback server is the first to return",
	nightBalancer: "everything goes, a balancer and a backend are the first to return",
	nightBackends: "the backends go, one is the first to return",
	nightLost:     "backends and balancers go, the fallback servers stay",
}

// goes returns the numbers of the servers that go, in order.
func (n night) goes() []int {
	var all []int
	for i := range serverCount {
		fallback := i >= firstFallback && i < firstBalancer
		if n == nightBackends && i >= firstFallback || n == nightLost && fallback {
			continue
		}
		all = append(all, i)
	}
	return all
}

// returns tells which of the servers come back first, given the order in which
// they were drawn.
func (n night) returns(order []int) []int {
	first := func(from, to int) int {
		return order[slices.IndexFunc(order, func(i int) bool { return from <= i && i < to })]
	}
	switch n {
	case nightFallback:
		return []int{first(firstFallback, firstBalancer)}
	case nightBalancer:
		return []int{first(firstBalancer, serverCount), first(0, firstFallback)}
	case nightBackends:
		return []int{first(0, firstFallback)}
	}
	return nil
}

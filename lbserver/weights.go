package lbserver

import (
	"cmp"
	"math"
	"slices"
)

// tolerance is how far an entry's share of the calls may be from what its weight
// says, as a part of that share.
const tolerance = 0.01

// fit returns servers whose weights add up to no more than maxEntries, or to one
// for each server if those are more. If the weights fit, divided by what divides
// them all, they are kept. Otherwise the fewest places are taken that give each
// server its share to within the tolerance, or all of maxEntries if none do. The
// slice that was given is not changed.
//
// It tries some numbers of places, each a sixteenth greater than the last, so n
// places take O(n log n) steps whatever the weights.
func fit(servers []Server, maxEntries int) []Server {
	weights := make([]int, len(servers))
	for i, s := range servers {
		if s.Weight < 0 {
			return servers // refused, with its index, by who makes the list
		}
		weights[i] = s.weight()
	}
	maxEntries = max(maxEntries, len(servers))
	if reduce(weights); fits(weights, maxEntries) {
		return servers
	}
	fitted := slices.Clone(servers)
	for i, places := range approximate(weights, maxEntries) {
		fitted[i].Weight = places
	}
	return fitted
}

// fits reports whether the weights add up to at most that. They are not added up
// beyond it, so no weight overflows it.
func fits(weights []int, most int) bool {
	for _, w := range weights {
		if w > most {
			return false
		}
		most -= w
	}
	return true
}

// approximate returns how many places each entry gets.
func approximate(weights []int, most int) []int {
	s := newShares(weights)
	for places := len(weights); places < most; places += max(places/16, 1) {
		if counts := s.of(places); s.close(counts, places) {
			return counts
		}
	}
	return s.of(most)
}

// shares are weights, prepared so that they can be approximated by any number of places.
type shares struct {
	weights  []float64
	lightest []int     // indices into weights, in the order of the weights
	from     []float64 // what the weights of lightest add up to, from there to the end
}

func newShares(weights []int) *shares {
	n := len(weights)
	s := &shares{make([]float64, n), make([]int, n), make([]float64, n+1)}
	for i, w := range weights {
		s.weights[i], s.lightest[i] = float64(w), i
	}
	slices.SortStableFunc(s.lightest, func(i, j int) int { return cmp.Compare(weights[i], weights[j]) })
	for k := n - 1; k >= 0; k-- {
		s.from[k] = s.from[k+1] + s.weights[s.lightest[k]]
	}
	return s
}

// of deals out the places, of which there must be one for each entry. An entry
// whose share is less than a place gets one, at the cost of all others. The others
// get their share rounded down, and those that lost most by that get one more. So
// of entries that are due a place or more none is off by a whole one.
func (s *shares) of(places int) []int {
	counts := make([]int, len(s.weights))
	light := 0
	for ; light < len(counts) && s.due(light, light, places-light) < 1; light++ {
		counts[s.lightest[light]] = 1
	}
	rest := s.lightest[light:]
	left := places - light
	lost := make([]float64, len(counts))
	for k, i := range rest {
		due := s.due(light+k, light, places-light)
		counts[i] = int(due)
		lost[i] = due - math.Floor(due)
		left -= counts[i]
	}
	rest = slices.Clone(rest)
	slices.SortStableFunc(rest, func(i, j int) int { return cmp.Compare(lost[j], lost[i]) })
	for _, i := range rest[:left] {
		counts[i]++
	}
	return counts
}

// due is the exact share of the k-th lightest entry, of places that are for the
// entries from the first one on.
func (s *shares) due(k, first, places int) float64 {
	return s.weights[s.lightest[k]] * float64(places) / s.from[first]
}

// close reports whether each entry has its share of the places to within the
// tolerance.
func (s *shares) close(counts []int, places int) bool {
	for i, w := range s.weights {
		due := w * float64(places) / s.from[0]
		if math.Abs(float64(counts[i])-due) > tolerance*due {
			return false
		}
	}
	return true
}

// reduce divides the weights by what divides them all, in place. Clients go through a list
// again and again, so only the ratios count.
func reduce(weights []int) {
	divisor := 0
	for _, w := range weights {
		divisor = gcd(divisor, w)
	}
	for i := range weights {
		weights[i] /= divisor
	}
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

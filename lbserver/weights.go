package lbserver

// reduce divides the weights by what divides them all, in place. A list is
// gone through round and round, so the ratios are all that counts.
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

// A class is the entries of one weight, which take turns. Entries of equal
// weight gain alike, so the one of them that has had fewest places is first,
// and of those the one given first: no need to look at the others.
type class struct {
	weight  int
	members []int // indices into the list as given, ascending
	next    int   // whose turn it is, in members
	credit  int   // of that member
}

// interleave returns one round of the smooth weighted order that [Server]
// describes, as indices into weights, each of them as often as its weight.
//
// Looking at classes instead of entries makes it cheap: k classes need a list
// of at least k(k+1)/2 places, so n places cost at most about n times the root
// of 2n steps, where the plain algorithm takes n for each entry.
func interleave(weights []int) []int {
	classes, total := classify(weights)
	order := make([]int, 0, total)
	for range total {
		best := classes[0]
		for _, c := range classes {
			c.credit += c.weight
			if c.beats(best) {
				best = c
			}
		}
		order = append(order, best.take(total))
	}
	return order
}

// classify sorts the entries into classes and adds up their weights.
func classify(weights []int) (classes []*class, total int) {
	byWeight := make(map[int]*class)
	for i, w := range weights {
		c := byWeight[w]
		if c == nil {
			c = &class{weight: w}
			byWeight[w] = c
			classes = append(classes, c)
		}
		c.members = append(c.members, i)
		total += w
	}
	return classes, total
}

// beats compares two classes that have both gained their weight.
func (c *class) beats(o *class) bool {
	if c.credit != o.credit {
		return c.credit > o.credit
	}
	return c.members[c.next] < o.members[o.next]
}

// take gives the place to the member whose turn it is. The next one has had the
// same number of places until the turn comes round to the first again, which
// has had one more and paid for it.
func (c *class) take(total int) int {
	taken := c.members[c.next]
	if c.next++; c.next == len(c.members) {
		c.next = 0
		c.credit -= total
	}
	return taken
}

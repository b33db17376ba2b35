package lbserver

// interleave returns one round of the smooth weighted order that [Server]
// describes, as indices into weights, each of them as often as its weight.
//
// It asks a tournament for each place. Done word by word, the description would
// take as many steps for each place as there are entries.
func interleave(weights []int) []int {
	classes, total := classify(weights)
	order := make([]int, 0, total)
	if total == 0 {
		return order
	}
	t := newTournament(classes)
	for turn := int64(1); turn <= int64(total); turn++ {
		best := t.play(turn)
		order = append(order, best.take(int64(total)))
		t.replay(best, turn)
	}
	return order
}

// A class is the entries of one weight, which take turns. Entries of equal
// weight gain alike, so the one of them that has had fewest places is first,
// and of those the one given first: no need to look at the others.
type class struct {
	weight  int64
	members []int // indices into the list as given, ascending
	next    int   // whose turn it is, in members
	paid    int64 // by that member so far
	leaf    int   // where it is in the tournament
}

// classify sorts the entries into classes and adds up their weights.
func classify(weights []int) (classes []*class, total int) {
	byWeight := make(map[int]*class)
	for i, w := range weights {
		c := byWeight[w]
		if c == nil {
			c = &class{weight: int64(w)}
			byWeight[w] = c
			classes = append(classes, c)
		}
		c.members = append(c.members, i)
		total += w
	}
	return classes, total
}

// credit is what the member whose turn it is has, after it gained its weight for
// that turn.
func (c *class) credit(turn int64) int64 { return c.weight*turn - c.paid }

// beats compares two classes in a turn.
func (c *class) beats(o *class, turn int64) bool {
	if x, y := c.credit(turn), o.credit(turn); x != y {
		return x > y
	}
	return c.first() < o.first()
}

func (c *class) first() int { return c.members[c.next] }

// take gives the place to the member whose turn it is. The next one has had the
// same number of places until the turn comes round to the first again, which
// has had one more and paid for it.
func (c *class) take(total int64) int {
	taken := c.first()
	if c.next++; c.next == len(c.members) {
		c.next = 0
		c.paid += total
	}
	return taken
}

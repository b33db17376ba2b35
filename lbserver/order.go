package lbserver

// interleave returns one round of the smooth weighted order that [Server]
// describes, as indices into weights, each of them as often as its weight.
//
// It asks a tournament for each place. Done word by word, the description would
// take as many steps for each place as there are entries.
func interleave(weights []int) []int {
	tiers, total := sortByWeight(weights)
	order := make([]int, 0, total)
	if total == 0 {
		return order
	}
	t := newTournament(tiers)
	for turn := int64(1); turn <= int64(total); turn++ {
		best := t.play(turn)
		order = append(order, best.take(int64(total)))
		t.replay(best, turn)
	}
	return order
}

// A tier is the entries of one weight, which take turns. Entries of equal
// weight gain alike, so the one of them that has had fewest places is first,
// and of those the one given first: no need to look at the others.
type tier struct {
	weight  int64
	members []int // indices into the list as given, ascending
	next    int   // whose turn it is, in members
	paid    int64 // by that member so far
	leaf    int   // where it is in the tournament
}

// sortByWeight sorts the entries into tiers and adds up their weights.
func sortByWeight(weights []int) (tiers []*tier, total int) {
	byWeight := make(map[int]*tier)
	for i, w := range weights {
		t := byWeight[w]
		if t == nil {
			t = &tier{weight: int64(w)}
			byWeight[w] = t
			tiers = append(tiers, t)
		}
		t.members = append(t.members, i)
		total += w
	}
	return tiers, total
}

// credit is what the member whose turn it is has, after it gained its weight for
// that turn.
func (t *tier) credit(turn int64) int64 { return t.weight*turn - t.paid }

// beats compares two tiers in a turn.
func (t *tier) beats(o *tier, turn int64) bool {
	if x, y := t.credit(turn), o.credit(turn); x != y {
		return x > y
	}
	return t.first() < o.first()
}

func (t *tier) first() int { return t.members[t.next] }

// take gives the place to the member whose turn it is. The next one has had the
// same number of places until the turn comes round to the first again, which
// has had one more and paid for it.
func (t *tier) take(total int64) int {
	taken := t.first()
	if t.next++; t.next == len(t.members) {
		t.next = 0
		t.paid += total
	}
	return taken
}

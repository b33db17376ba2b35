package lbserver

import "math"

// never is a turn that does not come.
const never = math.MaxInt64

// A tournament finds the tier with most credit, turn after turn. It is a tree of
// matches, whose leaves are the tiers. Between two turns only the credit of the
// tier that won changes by more than its weight, and when a loser will overtake
// can be computed: so a match need not be played again before that turn. A turn
// takes a few matches for each level of the tree.
type tournament struct {
	winner []*tier // of match i, the final being 1; the leaves are the tiers
	until  []int64 // the first turn in which match i, or one below it, may end otherwise
}

func newTournament(tiers []*tier) *tournament {
	k := len(tiers)
	t := &tournament{winner: make([]*tier, 2*k), until: make([]int64, 2*k)}
	for i, c := range tiers {
		c.leaf = k + i
		t.winner[c.leaf], t.until[c.leaf] = c, never
	}
	for match := k - 1; match > 0; match-- {
		t.match(match, 0)
	}
	return t
}

// play returns the winner of a turn.
func (t *tournament) play(turn int64) *tier {
	t.settle(1, turn)
	return t.winner[1]
}

// settle plays the matches again that may end otherwise now, from match on down.
func (t *tournament) settle(match int, turn int64) {
	if t.until[match] > turn {
		return
	}
	t.settle(2*match, turn)
	t.settle(2*match+1, turn)
	t.match(match, turn)
}

// replay plays the matches of c again, which has won the turn and paid.
func (t *tournament) replay(c *tier, turn int64) {
	for match := c.leaf / 2; match > 0; match /= 2 {
		t.match(match, turn)
	}
}

// match compares the winners of the two matches below.
func (t *tournament) match(match int, turn int64) {
	a, b := t.winner[2*match], t.winner[2*match+1]
	if b.beats(a, turn) {
		a, b = b, a
	}
	t.winner[match] = a
	t.until[match] = min(t.until[2*match], t.until[2*match+1], b.overtakes(a, turn))
}

// overtakes returns the first turn in which t beats w, which beats it now, if
// neither gets a place before.
func (t *tier) overtakes(w *tier, turn int64) int64 {
	gain := t.weight - w.weight
	if gain <= 0 {
		return never
	}
	behind := w.credit(turn) - t.credit(turn)
	at := turn + behind/gain
	if behind%gain != 0 || w.first() < t.first() {
		at++
	}
	return at
}

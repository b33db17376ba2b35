package rrgroup

import (
	"fmt"
	"strings"
)

// The protocol of entries, generations and drops, as a model in which each
// atomic operation is one step. What the words mean it asks of the code
// (word.go); that the operations are those of the code, and in their order, is
// held by TestProtocol_IsThatOfTheCode.

// A model is one variant of the protocol with a cast to play it.
type model struct {
	entries int
	drops   bool    // half of the list is a drop entry
	rounds  [][]how // what becomes of each caller's picks
	script  []act   // what the group does
	fault   fault
}

// how a pick of a caller ends, if it is not refused.
type how uint8

const (
	answered   how = iota
	unanswered     // counted before it is finished, like the next two
	unsent
	unused // gRPC did not use the pick
)

// A world is the state of a model.
type world struct {
	words    [2]word
	odd      [4]int8 // calls that were not answered, by how
	live     int8
	turns    uint8 // of the entries
	rounds   uint8 // of the drops
	dropping int64

	callers [3]caller
	group   keeper
	seen    record
}

// A caller picks and ends calls, one at a time. It never hears of a new picker.
type caller struct {
	at    spot
	round uint8
	drainer
}

// A spot is a place in the code where a caller can be: what it does next.
type spot uint8

const (
	resting spot = iota // its next pick, or nothing any more
	dropTurn
	dropCount
	takingTurn
	takingRef
	refusing
	using
	finishing
	countingLate // a fault
)

// A drainer may be about to find that its entry has drained.
type drainer struct {
	next  stage
	entry uint8
	w     word
}

type stage uint8

const (
	toNothing   stage = iota
	toLookAgain       // a fault
	toMark
	toLoad
	toLeave
	toClose
)

// A record is what really happened, which no code knows.
type record struct {
	picked, flying, dropped  int8
	over                     [4]int8 // by how
	counted                  [4]int8 // of special outcomes, before they are over
	drained                  int8
	released, early, tooLate bool // the SubConns; a drain with a call in flight; a pick of what was released
}

// String shows what the steps have made of it.
func (s world) String() string {
	var b strings.Builder
	for _, w := range s.words {
		fmt.Fprintf(&b, "(%d in flight, %d over", w.flying(), w.finished())
		if w.retired() {
			b.WriteString(", retired")
		}
		if w&word(drained) != 0 {
			b.WriteString(", drained")
		}
		b.WriteString(") ")
	}
	fmt.Fprintf(&b, "live %d, %d drops, told %v", s.live, s.dropping&(late-1), s.group.told)
	return b.String()
}

// step is what caller i does next.
func (m *model) step(s *world, i int) string {
	c := &s.callers[i]
	if c.next != toNothing {
		return m.drain(s, &c.drainer)
	}
	switch c.at {
	case resting:
		if int(c.round) == len(m.rounds[i]) {
			return ""
		}
		return m.begin(s, c)
	case dropCount:
		return m.drop(s, c)
	case takingTurn:
		return m.turn(s, c)
	case takingRef:
		return m.take(s, c)
	case refusing:
		return m.release(s, c, 0, "refuse: give the reference back")
	default:
		return m.done(s, c, m.rounds[i][c.round-1])
	}
}

// begin starts a round with the first atomic operation that there is.
func (m *model) begin(s *world, c *caller) string {
	c.round++
	c.entry = 0
	switch {
	case m.drops:
		s.rounds++
		if c.at = m.afterDrops(); s.rounds%2 == 1 {
			c.at = dropCount
		}
		return "take a turn of the drops"
	case m.entries > 1:
		return m.turn(s, c)
	default:
		return m.take(s, c)
	}
}

// afterDrops is where a pick goes on: where there is no choice nobody takes
// turns.
func (m *model) afterDrops() spot {
	if m.entries > 1 {
		return takingTurn
	}
	return takingRef
}

// turn is rotation.turn.
func (m *model) turn(s *world, c *caller) string {
	s.turns++
	c.entry, c.at = s.turns%uint8(m.entries), takingRef
	return "take a turn"
}

// drop is dropTable.drop once the turn has come to the drop entry.
func (m *model) drop(s *world, c *caller) string {
	s.dropping++
	c.at = resting
	if s.dropping > late && m.fault != dropsLate {
		return "drop, too late: not dropped"
	}
	s.seen.dropped++
	return "drop"
}

// take is entry.take.
func (m *model) take(s *world, c *caller) string {
	w := s.words[c.entry] + word(reference)
	s.words[c.entry] = w
	if w.retired() && m.fault != neverRefuses {
		c.at = refusing
		return "pick a retired entry"
	}
	c.at = using
	s.seen.picked++
	s.seen.flying++
	s.seen.tooLate = s.seen.tooLate || s.seen.released
	return "pick"
}

// done is the Done that entry.ender returns.
func (m *model) done(s *world, c *caller, kind how) string {
	special := kind != answered
	switch {
	case c.at == using && special && m.fault != countsLate, c.at == countingLate:
		s.odd[kind]++
		s.seen.counted[kind]++
		if c.at++; c.at > finishing {
			c.at = resting
		}
		return "done: count how it ended"
	default:
		s.seen.flying--
		s.seen.over[kind]++
		what := m.release(s, c, finished, "done: finish")
		if m.fault == countsLate && special {
			c.at = countingLate
		}
		return what
	}
}

// release is entry.release.
func (m *model) release(s *world, c *caller, count uint64, what string) string {
	w := s.words[c.entry] + word(handBack(count))
	s.words[c.entry] = w
	c.at = resting
	switch {
	case m.fault == looksAgain:
		c.next = toLookAgain
	case w.retired():
		m.look(&c.drainer, w)
	}
	return what
}

package rrgroup

import "fmt"

// This is a model of the protocol of generations and entries (calls.go). Each atomic
// operation is one step. The model uses the code's words (word.go).
// TestProtocol_IsThatOfTheCode checks that the code has the same operations in the same
// order.

// A model is one variant of the protocol, with its callers and what the group does.
type model struct {
	entries int
	drops   bool     // every second place of the list is a drop
	rounds  [][]deed // what becomes of each caller's picks
	script  []act    // what the group does
	fault   fault
}

// A deed is one pick and how its call ends, if it is not refused.
type deed uint8

const (
	answered   deed = iota
	unanswered      // counted before it is finished, like the next two
	unsent
	unused // gRPC did not use the pick

	again deed = 8 // with one of these: the pick takes no turn
)

func (d deed) how() deed { return d &^ again }

// A world is the state of a model.
type world struct {
	turns, again word
	finished     [2]word // by entry
	outstanding  int8
	odd          [4]int8 // calls that were not answered, by how

	callers [3]caller
	group   keeper
	seen    record
}

// A caller picks and ends calls, one at a time. It always asks the same picker.
type caller struct {
	at    spot
	round uint8
	entry uint8
}

// A spot is a place in the code: what a caller does next.
type spot uint8

const (
	resting  spot = iota // its next pick, or nothing any more
	addAgain             // read how many picks had no turn
	addTurns             // read how many turns there were
	using
	finishing
	countingLate // a fault
	lookingAgain // a fault
	settling
	draining
)

// A record is what really happened. The code does not know it.
type record struct {
	picked, flying, dropped  int8
	over                     [4]int8 // by how
	counted                  [4]int8 // of those that were not answered, before they are over
	drained                  int8
	released, early, tooLate bool // the SubConns; a drain with a call in flight; a pick of what was released
}

// String shows the state that the steps have led to.
func (s world) String() string {
	show := func(w word) string {
		if w.isClosed() {
			return fmt.Sprintf("%d closed", w.count())
		}
		return fmt.Sprint(w.count())
	}
	return fmt.Sprintf("turns %s, again %s, finished (%s) (%s), outstanding %d, told %v",
		show(s.turns), show(s.again), show(s.finished[0]), show(s.finished[1]), s.outstanding, s.group.told)
}

// add is counter.add.
func add(w *word) word {
	*w++
	return *w
}

// step does the next step of caller i.
func (m *model) step(s *world, i int) string {
	c := &s.callers[i]
	switch c.at {
	case resting:
		if int(c.round) == len(m.rounds[i]) {
			return ""
		}
		c.round++
		if m.rounds[i][c.round-1]&again != 0 {
			return m.pickAgain(s, c)
		}
		return m.pick(s, c)
	case addAgain:
		c.entry = uint8(uint64(c.entry)+s.again.count()) % uint8(m.entries)
		return c.picked("read the picks without a turn")
	case addTurns:
		passed, _ := m.passed(s.turns.count())
		c.entry = uint8(uint64(c.entry)+passed) % uint8(m.entries)
		return c.picked("read the turns")
	case settling:
		return m.settle(s, c)
	case draining:
		c.at = resting
		return s.drain()
	default:
		return m.done(s, c, m.rounds[i][c.round-1].how())
	}
}

// passed is dropTable.passed for a list in which a drop follows each backend. In a
// list without drops all turns pass.
func (m *model) passed(turns uint64) (n uint64, drop bool) {
	if !m.drops {
		return turns, false
	}
	return turns/2 + turns%2, turns%2 == 1
}

// pick is roundRobin.Pick.
func (m *model) pick(s *world, c *caller) string {
	w := add(&s.turns)
	if w.isClosed() && m.fault != neverRefuses {
		return "pick, too late: refused"
	}
	passed, drop := m.passed(w.count() - 1)
	if drop {
		s.seen.dropped++
		return "drop"
	}
	s.taken()
	if !m.drops {
		c.entry = uint8(passed) % uint8(m.entries)
		return c.picked("pick")
	}
	c.entry, c.at = uint8(passed), addAgain
	return "pick"
}

// pickAgain is roundRobin.pickAgain.
func (m *model) pickAgain(s *world, c *caller) string {
	w := add(&s.again)
	if w.isClosed() && m.fault != neverRefuses {
		return "pick without a turn, too late: refused"
	}
	s.taken()
	c.entry, c.at = uint8(w.count()-1), addTurns
	return "pick without a turn"
}

// taken notes a pick that was not refused.
func (s *world) taken() {
	s.seen.picked++
	s.seen.flying++
	s.seen.tooLate = s.seen.tooLate || s.seen.released
}

// picked notes that a caller knows its entry.
func (c *caller) picked(what string) string {
	c.at = using
	return what
}

// done is the Done of an entry's pick.
func (m *model) done(s *world, c *caller, how deed) string {
	switch {
	case c.at == lookingAgain:
		if c.at = resting; s.finished[c.entry].isClosed() {
			c.at = settling
		}
		return "done: look at the word again"
	case c.at == countingLate, c.at == using && how != answered && m.fault != countsLate:
		s.odd[how]++
		s.seen.counted[how]++
		if c.at++; c.at > finishing {
			c.at = resting
		}
		return "done: count how it ended"
	}
	s.seen.flying--
	s.seen.over[how]++
	w := add(&s.finished[c.entry])
	switch {
	case m.fault == looksAgain:
		c.at = lookingAgain
	case w.isClosed():
		c.at = settling
	case m.fault == countsLate && how != answered:
		c.at = countingLate
	default:
		c.at = resting
	}
	return "done: finish"
}

// settle is calls.await of a caller.
func (m *model) settle(s *world, c *caller) string {
	s.outstanding--
	c.at = resting
	if s.outstanding == 0 || m.fault == drainsBelow && s.outstanding < 0 {
		c.at = draining
	}
	return "done: one less is outstanding"
}

// drain runs the drain closure.
func (s *world) drain() string {
	s.seen.drained++
	s.seen.early = s.seen.early || s.seen.flying > 0
	return "run the drain closure"
}

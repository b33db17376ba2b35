package rrgroup

import "slices"

// An act is a thing that the group does, in one or several steps.
type act uint8

const (
	report   act = iota // ledger.count
	retiring            // generation.retire
	folding             // ledger.fold, once the drain closure has run, and a count
	releasing
)

// A keeper is the group's goroutine.
type keeper struct {
	act, part uint8
	draining  bool
	turns     int8 // once retired
	again     int8
	finished  int8

	reading   reading // of the count under way
	told      sums
	toldDrops int8
}

// A reading is what a report has read so far.
type reading struct{ over, unsent, unused, received, begun, turns int8 }

// sums are totals in a small form, because there are many states.
type sums struct{ started, finished, unsent, received int8 }

func small(t totals) sums {
	return sums{int8(t.started), int8(t.finished), int8(t.unsent), int8(t.received)}
}

func (l sums) large() totals {
	return totals{int64(l.started), int64(l.finished), int64(l.unsent), int64(l.received)}
}

// keep does the next step of the group.
func (m *model) keep(s *world) string {
	g := &s.group
	if g.draining {
		g.draining = false
		return s.drain()
	}
	if int(g.act) == len(m.script) {
		return ""
	}
	switch a := m.script[g.act]; {
	case a == retiring:
		return m.retire(s)
	case a != report && s.seen.drained == 0:
		return "" // nothing has come through the inbox
	case a == releasing:
		g.over()
		s.seen.released = true
		return "release the SubConns"
	default:
		return m.count(s)
	}
}

// over ends the act.
func (g *keeper) over() { g.act, g.part = g.act+1, 0 }

// isRetired reports whether the group has retired the generation.
func (g *keeper) isRetired(m *model) bool { return slices.Contains(m.script[:g.act], retiring) }

// picks is generation.picksOf.
func (m *model) picks(turns, again int8) int8 {
	passed, _ := m.passed(uint64(turns))
	return int8(passed) + again
}

// retire is generation.retire.
func (m *model) retire(s *world) string {
	g := &s.group
	part := int(g.part)
	g.part++
	switch {
	case part == 0:
		return m.closeTurns(s)
	case part == 1:
		return m.closeAgain(s)
	case part <= 1+m.entries:
		return m.closeEntry(s, part-2)
	default:
		g.over()
		if s.outstanding += m.rest(g); s.outstanding == 0 {
			g.draining = true
		}
		return "add what is in flight to what is outstanding"
	}
}

// closeTurns is g.turns.close.
func (m *model) closeTurns(s *world) string {
	g := &s.group
	if m.fault == closesTurnsInTwo && g.turns < 0 {
		s.turns |= closed
		g.turns = -g.turns - 1
		return "close the turns, as they were read"
	}
	g.turns = int8(s.turns.count())
	if m.fault == closesTurnsInTwo {
		g.turns, g.part = -g.turns-1, 0
		return "read the turns"
	}
	s.turns |= closed
	return "close the turns"
}

// closeAgain is g.again.close.
func (m *model) closeAgain(s *world) string {
	g := &s.group
	if m.fault != forgetsAgain {
		g.again = int8(s.again.count())
		s.again |= closed
	}
	if m.fault == addsTooEarly {
		s.outstanding += m.picks(g.turns, g.again)
	}
	return "close the picks without a turn"
}

// closeEntry is finished.close of an entry.
func (m *model) closeEntry(s *world, i int) string {
	g := &s.group
	if m.fault == closesEntryInTwo && g.reading.over == 0 {
		g.finished += int8(s.finished[i].count())
		g.reading.over = 1
		g.part--
		return "read an entry"
	}
	if m.fault != closesEntryInTwo {
		g.finished += int8(s.finished[i].count())
	}
	s.finished[i] |= closed
	g.reading.over = 0
	return "close an entry"
}

// rest is what the group adds to outstanding.
func (m *model) rest(g *keeper) int8 {
	if m.fault == addsTooEarly {
		return -g.finished
	}
	return m.picks(g.turns, g.again) - g.finished
}

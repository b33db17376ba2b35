package rrgroup

// look is the condition of entry.drain's loop.
func (m *model) look(d *drainer, w word) {
	d.next, d.w = toNothing, 0
	switch {
	case !w.spent():
	case m.fault == looksAgain:
		d.next = toLeave
	default:
		d.next, d.w = toMark, w
	}
}

// drain is the rest of entry.drain, and generation.entryDrained.
func (m *model) drain(s *world, d *drainer) string {
	switch d.next {
	case toLookAgain:
		if w := s.words[d.entry]; w.retired() {
			m.look(d, w)
		} else {
			d.next = toNothing
		}
		return "look at the word again"
	case toMark:
		return m.mark(s, d)
	case toLoad:
		m.look(d, s.words[d.entry])
		return "read the word"
	case toLeave:
		s.drop(d, 1)
		return "the entry has drained"
	default:
		d.next = toNothing
		s.seen.drained++
		s.seen.early = s.seen.early || s.seen.flying > 0
		return "run the drain closure"
	}
}

// drop is generation.entriesDrained.
func (s *world) drop(d *drainer, n int8) {
	d.next = toNothing
	if s.live -= n; s.live == 0 {
		d.next = toClose
	}
}

// mark decides who saw the end of an entry first.
func (m *model) mark(s *world, d *drainer) string {
	if s.words[d.entry] != d.w && m.fault != marksBlindly {
		d.next, d.w = toLoad, 0
		return "mark, too late"
	}
	w := d.w.end() // which has the mark: it is spent
	s.words[d.entry] |= w & word(drained)
	d.next, d.w = toLeave, 0
	return "mark"
}

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
	drainer
	ended int8  // entries that had drained when they were retired
	begun int8  // picks that had succeeded then
	final int64 // drops that had been then

	reading   reading // of the count under way
	told      sums
	toldDrops int8
}

// A reading is what a count has read so far.
type reading struct{ flying, over, unsent, unused, received int8 }

// sums are totals, small enough to have many.
type sums struct{ started, finished, unsent, received int8 }

func small(t totals) sums {
	return sums{int8(t.started), int8(t.finished), int8(t.unsent), int8(t.received)}
}

func (l sums) large() totals {
	return totals{int64(l.started), int64(l.finished), int64(l.unsent), int64(l.received)}
}

// keep is what the group does next.
func (m *model) keep(s *world) string {
	g := &s.group
	if g.next != toNothing {
		return m.drain(s, &g.drainer)
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

// retire is generation.retire: the drops, the entries in two operations each,
// and its own hold with those that have drained.
func (m *model) retire(s *world) string {
	g := &s.group
	if g.part == 0 && !m.drops {
		g.part++
	}
	part := int(g.part)
	g.part++
	switch {
	case part == 0:
		return m.retireDrops(s)
	case part > 2*m.entries:
		n := 1 + g.ended
		g.over()
		g.entry, g.ended = 0, 0
		s.drop(&g.drainer, n)
		return "give up the hold"
	case part%2 == 1:
		g.entry = uint8(part / 2)
		g.w = s.words[g.entry]
		return "read the word, to retire the entry"
	default:
		return m.retireEntry(s)
	}
}

// retireDrops is dropTable.retire.
func (m *model) retireDrops(s *world) string {
	g := &s.group
	if m.fault == dropsInTwo && g.w == 0 {
		g.final, g.w, g.part = s.dropping, 1, 0
		return "read the drops"
	}
	if g.w = 0; m.fault != dropsInTwo {
		g.final = s.dropping
	}
	s.dropping |= late
	return "retire the drops"
}

// retireEntry is the second half of entry.retire.
func (m *model) retireEntry(s *world) string {
	g := &s.group
	w := g.w
	g.w = 0
	if s.words[g.entry] != w && m.fault != retiresBlindly {
		g.part -= 2
		return "retire the entry, too late"
	}
	s.words[g.entry] = w.end()
	g.begun += int8(w.finished() + w.flying())
	if w.flying() == 0 {
		g.ended++
	}
	return "retire the entry"
}

package rrgroup

import (
	"errors"
	"fmt"
	"slices"
)

// count is ledger.count, with generation.totals and generation.dropped. Each read is a
// step.
func (m *model) count(s *world) string {
	g := &s.group
	order := m.reads(g.isRetired(m))
	read := order[g.part]
	g.part++
	what := read(s)
	if int(g.part) == len(order) {
		m.tell(s)
		g.over()
	}
	return what
}

// reads are the steps of a count.
func (m *model) reads(retired bool) (all []func(*world) string) {
	switch {
	case m.fault == readsTheOddFirst:
		all = append(all, readUnsent, readUnused, readUnsentAgain, readUnanswered)
		all = append(all, m.readFinished(retired)...)
	case m.fault == readsPicksFirst:
		all = append(all, m.readPicks(retired)...)
		all = append(append(all, readUnsent), m.readFinished(retired)...)
		return append(all, readUnused, readUnsentAgain, readUnanswered)
	default:
		all = append(append(all, readUnsent), m.readFinished(retired)...)
		all = append(all, readUnused, readUnsentAgain, readUnanswered)
	}
	return append(all, m.readPicks(retired)...)
}

func readUnsent(s *world) string {
	s.group.reading.unsent = s.odd[unsent]
	return "count: read unsent"
}

func readUnused(s *world) string {
	s.group.reading.unused = s.odd[unused]
	return "count: read unused"
}

func readUnsentAgain(s *world) string {
	s.group.reading.received -= s.odd[unsent]
	return "count: read unsent again"
}

func readUnanswered(s *world) string {
	s.group.reading.received -= s.odd[unanswered]
	return "count: read unanswered"
}

// readFinished is generation.over.
func (m *model) readFinished(retired bool) (all []func(*world) string) {
	if retired {
		return append(all, func(s *world) string {
			s.group.reading.over = m.picks(s.group.turns, s.group.again) - s.outstanding
			return "count: read outstanding"
		})
	}
	for i := range m.entries {
		all = append(all, func(s *world) string {
			s.group.reading.over += int8(s.finished[i].count())
			return "count: read an entry"
		})
	}
	return all
}

// readPicks is generation.begun and generation.dropped. The latter reads the turns once
// more.
func (m *model) readPicks(retired bool) []func(*world) string {
	if retired && m.fault != countsTheRefused {
		return []func(*world) string{func(s *world) string {
			s.group.reading.turns = s.group.turns
			if m.fault == dropsTheRefused {
				s.group.reading.turns = int8(s.turns.count())
			}
			s.group.reading.begun = m.picks(s.group.turns, s.group.again)
			return "count: there were so many picks"
		}}
	}
	return []func(*world) string{
		func(s *world) string {
			s.group.reading.begun = m.picks(int8(s.turns.count()), 0)
			return "count: read the turns"
		},
		func(s *world) string {
			s.group.reading.begun += int8(s.again.count())
			return "count: read the picks without a turn"
		},
		func(s *world) string {
			s.group.reading.turns = int8(s.turns.count())
			return "count: read the turns again"
		},
	}
}

// tell makes a report of what was read: the differences to the reports before.
func (m *model) tell(s *world) {
	g := &s.group
	r := g.reading
	over := r.over - r.unused
	now := totals{int64(r.begun - r.unused), int64(over), int64(r.unsent), int64(over + r.received)}
	g.told = small(g.told.large().plus(now.since(g.told.large())))
	g.toldDrops = r.turns - m.picks(r.turns, 0)
	g.reading = reading{}
}

// always returns what is wrong with a state: see handover.drain and report.exact.
func (m *model) always(s world) error {
	seen, told := s.seen, s.group.told
	switch {
	case seen.early:
		return errors.New("the drain closure ran with a call in flight")
	case seen.drained > 1:
		return errors.New("the drain closure ran twice")
	case seen.tooLate:
		return errors.New("a pick returned a SubConn that was released")
	case told.started > seen.picked:
		return fmt.Errorf("%d calls were told as started, of %d", told.started, seen.picked)
	case told.finished > seen.over[answered]+seen.over[unanswered]+seen.over[unsent]:
		return fmt.Errorf("%d calls were told as finished", told.finished)
	case told.finished > told.started:
		return fmt.Errorf("%d calls were told as finished, %d as started", told.finished, told.started)
	case told.unsent > seen.counted[unsent]:
		return fmt.Errorf("%d calls were told as unsent, of %d", told.unsent, seen.counted[unsent])
	case told.received > seen.over[answered]:
		return fmt.Errorf("%d calls were told as answered, of %d", told.received, seen.over[answered])
	case s.group.toldDrops > seen.dropped:
		return fmt.Errorf("%d calls were told as dropped, of %d", s.group.toldDrops, seen.dropped)
	}
	return nil
}

// atRest returns what is wrong with a state in which nobody has another step.
func (m *model) atRest(s world) error {
	seen, told := s.seen, s.group.told
	used := seen.picked - seen.over[unused]
	switch {
	case seen.flying != 0 || int(s.group.act) != len(m.script):
		return fmt.Errorf("nobody can go on, with %d calls in flight and %d of the group's %d acts done", seen.flying, s.group.act, len(m.script))
	case seen.drained != 1:
		return fmt.Errorf("the drain closure ran %d times", seen.drained)
	case !slices.Contains(m.script, folding):
		return nil
	case told.finished != used || told.unsent != seen.over[unsent] || told.received != seen.over[answered]:
		return fmt.Errorf("reports come to %+v, but calls ended so: %v", told, seen.over)
	case told.started < used || told.started > seen.picked:
		return fmt.Errorf("%d calls were told as started, of %d that were used", told.started, used)
	case s.group.toldDrops != seen.dropped:
		return fmt.Errorf("%d calls were told as dropped, of %d", s.group.toldDrops, seen.dropped)
	}
	return nil
}

package rrgroup

import (
	"errors"
	"fmt"
	"slices"
)

// count is ledger.count, by generation.totals, with each read a step of its own:
// unsent, the words, unused, unsent again, unanswered. With the last of them the
// report is told. The drops are read in that step too: nothing else is about
// them. Of a retired generation the code reads the words of those entries alone
// that had not drained then. Here all are read; the others change no more, except
// for picks that are being refused.
func (m *model) count(s *world) string {
	g := &s.group
	r, part, words := &g.reading, int(g.part), m.entries
	g.part++
	switch {
	case part == 0 && m.fault == readsTheOddFirst:
		r.unsent, r.unused = s.odd[unsent], s.odd[unused]
		r.received = -s.odd[unanswered]
		return "count: read all that is odd"
	case part == words+1 && m.fault == readsTheOddFirst:
		r.over -= r.unused
		r.received += r.over - r.unsent
		m.tell(s)
		g.over()
		return "count: tell"
	case part == 0:
		r.unsent = s.odd[unsent]
		return "count: read unsent"
	case part <= words:
		r.flying += int8(s.words[part-1].flying())
		r.over += int8(s.words[part-1].finished())
		return "count: read a word"
	case part == words+1:
		r.unused = s.odd[unused]
		r.over -= r.unused
		return "count: read unused"
	case part == words+2:
		r.received = r.over - s.odd[unsent]
		return "count: read unsent again"
	default:
		r.received -= s.odd[unanswered]
		m.tell(s)
		g.over()
		return "count: read unanswered, and tell"
	}
}

// tell takes what was read for a report: what it has on top of what was told.
func (m *model) tell(s *world) {
	g := &s.group
	r := g.reading
	now := totals{int64(r.over + r.flying), int64(r.over), int64(r.unsent), int64(r.received)}
	if g.isRetired(m) && m.fault != countsTheRefused {
		now.started = int64(g.begun - r.unused)
	}
	g.told = small(g.told.large().plus(now.since(g.told.large())))
	if g.toldDrops = int8(s.dropping); s.dropping >= late {
		g.toldDrops = int8(g.final)
	}
	g.reading = reading{}
}

// isRetired reports whether the group has retired the generation already.
func (g *keeper) isRetired(m *model) bool { return slices.Contains(m.script[:g.act], retiring) }

// always is what may never be: see handover.drain and report.exact.
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

// atRest is what has to be in the end.
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

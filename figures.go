package grpclb

import "time"

// figures are what the machine counts for metrics, since it was made.
type figures struct {
	changes [whys]uint64                // of the mode, by reason
	seconds [fallback + 1]time.Duration // in each mode, up to when the present one began
	applied uint64                      // server lists that the group was given
}

// why is the reason for a change of mode, in a word.
type why uint8

const (
	becauseList why = iota // to balanced; the others are to fallback
	becauseAsked
	becauseRemoved
	becauseNone
	becauseNoList
	becauseTimeout
	becauseLost
	whys // how many there are
)

func (w why) String() string {
	return [whys]string{"list", "asked", "removed", "no balancer", "no list", "timeout", "lost"}[w]
}

// leadsTo returns the mode that was changed to.
func (w why) leadsTo() mode {
	if w == becauseList {
		return balanced
	}
	return fallback
}

// addTime adds the time that a mode lasted. since is zero if there was none.
func (f *figures) addTime(in mode, since, until time.Time) {
	if !since.IsZero() {
		f.seconds[in] += until.Sub(since)
	}
}

// noteList notes that the group is to be given another list.
func (m *machine) noteList() {
	if list := m.plan.List; list != nil && (m.told.plan == nil || m.told.plan.List != list) {
		m.figures.applied++
	}
}

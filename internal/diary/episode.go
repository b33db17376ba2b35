package diary

import "time"

// An Episode is a trouble that lasts: the log has its beginning, and is to have its end. The zero
// value has not begun.
type Episode struct{ since time.Time }

// Lasts reports whether it has begun.
func (e *Episode) Lasts() bool { return !e.since.IsZero() }

// Begin begins it, and reports whether it had not begun before.
func (e *Episode) Begin(now time.Time) bool {
	isNew := !e.Lasts()
	if isNew {
		e.since = now
	}
	return isNew
}

// End ends it, and returns how long it took, to the millisecond.
func (e *Episode) End(now time.Time) time.Duration {
	took := Took(e.since, now)
	*e = Episode{}
	return took
}

// Took returns how long something took, as the log has it: to the millisecond.
func Took(since, now time.Time) time.Duration { return now.Sub(since).Round(time.Millisecond) }

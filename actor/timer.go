package actor

import "time"

// A Timer is the one alarm clock of a loop. It does nothing when it rings but
// deliver the time on Ready: what is due, the owner finds in its own state.
// All methods are for the owning goroutine.
type Timer struct {
	clock *time.Timer // nil while it is off: most timers are, most of the time
	at    time.Time   // when it rings; zero while it is off
}

// NewTimer returns a timer that is off.
func NewTimer() *Timer { return new(Timer) }

// Set arranges for the timer to ring at the given time, or never if at is
// zero. A time that has passed rings at once. To set what is set already
// costs nothing, so an owner may call it after every batch with whatever its
// state asks for.
func (t *Timer) Set(at time.Time) {
	if at.Equal(t.at) {
		return
	}
	t.Stop()
	if !at.IsZero() {
		t.at, t.clock = at, time.NewTimer(time.Until(at))
	}
}

// Ready yields the time of the ringing, or nothing while the timer is off. The
// owner calls Rang when it has received from it.
func (t *Timer) Ready() <-chan time.Time {
	if t.clock == nil {
		return nil
	}
	return t.clock.C
}

// Rang notes that the alarm went off, so that the same time can be set again.
func (t *Timer) Rang() { t.at, t.clock = time.Time{}, nil }

// Stop turns the timer off.
func (t *Timer) Stop() {
	if t.clock != nil {
		t.clock.Stop()
	}
	t.at, t.clock = time.Time{}, nil
}

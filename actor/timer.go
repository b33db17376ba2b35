package actor

import "time"

// A Timer is the one alarm clock of a loop. It does nothing when it rings but
// deliver the time on Ready: what is due, the owner finds in its own state.
// All methods are for the owning goroutine.
type Timer struct {
	clock *time.Timer
	at    time.Time // when it rings; zero while it is off
}

// NewTimer returns a timer that is off.
func NewTimer() *Timer {
	clock := time.NewTimer(time.Hour)
	clock.Stop()
	return &Timer{clock: clock}
}

// Set arranges for the timer to ring at the given time, or never if at is
// zero. A time that has passed rings at once. To set what is set already
// costs nothing, so an owner may call it after every batch with whatever its
// state asks for.
func (t *Timer) Set(at time.Time) {
	if at.Equal(t.at) {
		return
	}
	t.at = at
	if at.IsZero() {
		t.clock.Stop()
		return
	}
	t.clock.Reset(time.Until(at))
}

// Ready yields the time of the ringing. The owner calls Rang when it has
// received from it.
func (t *Timer) Ready() <-chan time.Time { return t.clock.C }

// Rang notes that the alarm went off, so that the same time can be set again.
func (t *Timer) Rang() { t.at = time.Time{} }

// Stop turns the timer off for good.
func (t *Timer) Stop() { t.Set(time.Time{}) }

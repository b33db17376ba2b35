package actor

import "time"

// A Timer wakes a loop at a time. The loop receives from Ready, and finds in its own
// state what is due. Only the goroutine that owns the timer may call its methods.
type Timer struct {
	clock *time.Timer // nil while it is off, which most timers are
	at    time.Time   // when it rings; zero while it is off
}

// NewTimer returns a timer that is off.
func NewTimer() *Timer { return new(Timer) }

// Set sets the time at which the timer rings; zero: never. A time in the past rings
// at once. If the timer is set to that time already, Set does nothing, so an owner may
// call it after every batch.
func (t *Timer) Set(at time.Time) {
	if at.Equal(t.at) {
		return
	}
	t.Stop()
	if !at.IsZero() {
		t.at, t.clock = at, time.NewTimer(time.Until(at))
	}
}

// Ready yields the time when the timer rings, and nothing while it is off. The owner
// has to call Rang after it has received from Ready.
func (t *Timer) Ready() <-chan time.Time {
	if t.clock == nil {
		return nil
	}
	return t.clock.C
}

// Rang notes that the timer has rung. It is off then and can be set again.
func (t *Timer) Rang() { t.at, t.clock = time.Time{}, nil }

// Stop turns the timer off.
func (t *Timer) Stop() {
	if t.clock != nil {
		t.clock.Stop()
	}
	t.at, t.clock = time.Time{}, nil
}

package observe

import (
	"time"

	"github.com/actorlb/grpclb/internal/delay"
)

// firstRetry is the wait before a backend that has never been healthy is asked again. It
// doubles with each bad answer, up to the interval: a server that is starting is used soon.
const firstRetry = 100 * time.Millisecond

// spreading is the share by which an interval is longer or shorter, so that the checks of many
// backends do not come together.
const spreading = 0.1

// beats is at how many moments of an interval checks begin. The process wakes up for several at
// a time: with 1,000 backends that is half the cost of waking up for each.
const beats = 100

// answer is what a check or a Watch stream has brought.
type answer struct {
	good bool
	// word: the server itself says that it does not serve, or that it can't be asked. There
	// is nothing to doubt, so it counts at once, whatever fall says.
	word bool
	why  string // of one that is not good
}

// judge decides whether a backend is healthy, and when it is asked next. It is pure.
//
//   - A backend that has never been healthy becomes so with its first good answer.
//   - One that was healthy becomes unhealthy by fall bad checks in a row, or at once by
//     its own word. After a bad check the next one comes after the timeout, not the interval.
//   - One that is unhealthy becomes healthy by rise good checks in a row, so one that goes up
//     and down stays unhealthy.
//
// What else a Watch stream brings is a reason to check now, and no more.
type judge struct {
	// Fixed.
	interval, timeout time.Duration
	rise, fall        int

	known     bool // there was an answer
	healthy   bool
	ever      bool // healthy once
	since     time.Time
	why       string // of the last bad answer; "" before
	good, bad int    // checks in a row
	asked     int    // checks so far

	checking bool
	last     time.Time // when the last check began
	next     time.Time // when the next check is due; the zero time at the start: now
}

// answered takes in the answer to a check. random is in [0, 1).
func (j *judge) answered(now time.Time, a answer, random float64) {
	j.checking = false
	if a.good {
		j.good, j.bad = j.good+1, 0
	} else {
		j.good, j.bad = 0, j.bad+1
	}
	j.decide(now, j.verdict(a), a)
	j.next = j.after(now, random)
}

func (j *judge) verdict(a answer) bool {
	switch {
	case a.word:
		return false
	case !j.ever:
		return a.good
	case j.healthy:
		return j.bad < j.fall
	}
	return j.good >= j.rise
}

// watched takes in what a Watch stream brought.
func (j *judge) watched(now time.Time, a answer) {
	switch {
	case a.word:
		j.good = 0
		j.decide(now, false, a)
	case a.good && !j.ever:
		j.decide(now, true, a)
	case a.good && j.healthy:
	default:
		j.doubt(now)
	}
}

// doubt has the next check done soon: a connection has broken, or the stream says other than
// what is believed.
func (j *judge) doubt(now time.Time) {
	if soon := later(now, j.last.Add(firstRetry)); soon.Before(j.next) {
		j.next = soon
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (j *judge) decide(now time.Time, healthy bool, a answer) {
	if !a.good {
		j.why = a.why
	}
	if !j.known || healthy != j.healthy {
		j.since = now
	}
	j.known, j.healthy, j.ever = true, healthy, j.ever || healthy
}

// due returns when check is to be called; zero while a check runs.
func (j *judge) due() time.Time {
	if j.checking {
		return time.Time{}
	}
	return j.next
}

// check reports whether a check is to be started now.
func (j *judge) check(now time.Time) bool {
	if j.checking || now.Before(j.next) {
		return false
	}
	j.checking, j.last = true, now
	j.asked++
	return true
}

// after returns when the next check is due.
func (j *judge) after(now time.Time, random float64) time.Time {
	switch {
	case j.healthy && j.bad > 0:
		return now.Add(spread(min(j.timeout, j.interval), random))
	case !j.ever && j.bad > 0:
		return now.Add(spread(min(firstRetry<<min(j.bad-1, 20), j.interval), random))
	case j.asked == 1:
		// Backends that were added together are asked at times that lie evenly from here on.
		return j.onBeat(now.Add(time.Duration(random * float64(j.interval))))
	}
	return j.onBeat(now.Add(spread(j.interval, random)))
}

func spread(d time.Duration, random float64) time.Duration {
	return delay.Spread(float64(d), spreading, random)
}

// onBeat returns the last moment at or before this one at which checks begin.
func (j *judge) onBeat(at time.Time) time.Time {
	beat := max(j.interval/beats, 1)
	return at.Add(-time.Duration(at.UnixNano() % int64(beat)))
}

func (j *judge) health(address string) Health {
	h := Health{Address: address, Healthy: j.healthy, Ever: j.ever, Since: j.since}
	if !j.healthy {
		h.Why = j.why
	}
	return h
}

package lbresolver

import (
	"time"

	"github.com/actorlb/grpclb/internal/delay"
)

// A question is something that is asked again and again, and knows when. Three go to DNS:
// balancers, the service's addresses, its service config. They don't wait for each other. The
// fourth goes to the channel: whether it accepts an update.
type question struct {
	used     bool // the answer is used; if not, the question is never asked
	looking  bool // it is being asked
	answered bool // it was answered or failed once, or is not used
	wanted   bool // the channel wants a new answer

	notBefore time.Time // the earliest time to ask because it is wanted
	again     time.Time // when to ask even if it is not wanted; zero: never
	failures  int       // in a row
	err       error     // of the last answer
}

func newQuestion(used bool) question { return question{used: used, wanted: used, answered: !used} }

// want is told that the channel wants a new answer.
func (q *question) want() { q.wanted = q.used }

// hurry has it asked now, unless it failed: then the backoff stays.
func (q *question) hurry(now time.Time) {
	if q.used && !q.looking && q.err == nil {
		q.again = now
	}
}

// start reports whether to ask now, and notes that it is being asked.
func (q *question) start(now time.Time) bool {
	wanted := q.wanted && !now.Before(q.notBefore)
	due := !q.again.IsZero() && !now.Before(q.again)
	if q.looking || !wanted && !due {
		return false
	}
	q.wanted, q.again, q.looking = false, time.Time{}, true
	return true
}

// due returns when to ask if nothing happens; zero: never.
func (q *question) due() time.Time {
	switch {
	case q.looking:
		return time.Time{}
	case q.wanted:
		return soonest(q.again, q.notBefore)
	}
	return q.again
}

// ended takes the result. After a success it is not asked because it is wanted before interval
// has passed.
func (q *question) ended(now time.Time, err error, interval time.Duration) {
	q.looking, q.answered, q.err = false, true, err
	if err == nil {
		q.failures, q.again, q.notBefore = 0, time.Time{}, now.Add(interval)
	}
}

// schedule sets when to ask again after a failure, or regularly. A time that is set stays, or
// it could be put off for ever. Wanting an answer does not shorten a backoff. random is in
// [0, 1).
func (q *question) schedule(now time.Time, f figures, refresh time.Duration, random float64) {
	switch {
	case !q.used || !q.answered || q.looking || !q.again.IsZero():
	case q.err != nil:
		q.again = now.Add(delay.After(f.backoff, q.failures, random))
		q.notBefore = q.again
		q.failures++
	case refresh > 0:
		q.again = now.Add(spreadOut(refresh, random))
	}
}

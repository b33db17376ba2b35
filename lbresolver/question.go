package lbresolver

import (
	"time"

	"github.com/actorlb/grpclb/internal/delay"
)

// A question is one of those that are asked again and again, and when that is
// to be. Three are for DNS: balancers, the service's addresses, its service
// config. They don't wait for each other. The fourth is for the channel: whether
// it takes what it is told.
type question struct {
	used     bool // the answer is of use; if not, it is never asked
	looking  bool // it is being asked
	answered bool // it was answered once, or failed, or is not used
	wanted   bool // somebody would like to know better

	notBefore time.Time // when what is wanted may begin
	again     time.Time // when it is asked though nobody wants it; zero is never
	failures  int       // in a row
	err       error     // of the last time
}

func newQuestion(used bool) question { return question{used: used, wanted: used, answered: !used} }

// want is told that somebody would like to know better.
func (q *question) want() { q.wanted = q.used }

// hurry has it asked now. One that failed keeps to its backoff.
func (q *question) hurry(now time.Time) {
	if q.used && !q.looking && q.err == nil {
		q.again = now
	}
}

// start reports whether it is to be asked now, and notes that it is.
func (q *question) start(now time.Time) bool {
	wanted := q.wanted && !now.Before(q.notBefore)
	due := !q.again.IsZero() && !now.Before(q.again)
	if q.looking || !wanted && !due {
		return false
	}
	q.wanted, q.again, q.looking = false, time.Time{}, true
	return true
}

// due returns when it is to be asked without another event; zero is never.
func (q *question) due() time.Time {
	switch {
	case q.looking:
		return time.Time{}
	case q.wanted:
		return soonest(q.again, q.notBefore)
	}
	return q.again
}

// ended is told that it was answered, or what went wrong. Not before that
// interval it is asked again.
func (q *question) ended(now time.Time, err error, interval time.Duration) {
	q.looking, q.answered, q.err = false, true, err
	if err == nil {
		q.failures, q.again, q.notBefore = 0, time.Time{}, now.Add(interval)
	}
}

// schedule decides when to ask again what failed, or what is asked regularly.
// Once decided that stays, or it could be put off for ever. To be wanted does not
// hasten what failed. The random number is in [0, 1).
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

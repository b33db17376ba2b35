package lbstream

import "time"

// reopenJitter bounds the wait before a healthy call is reopened. It is there
// so that the clients of a balancer that went away do not come back at once.
const reopenJitter = 100 * time.Millisecond

// retryCore decides when the next call is due. It is a value without a clock:
// its owner rings it at due.
//
// It waits while due is set. A wait ends with a dialNow, or with standDown.
type retryCore struct {
	backoff  Backoff
	failures int       // ends in a row that were not healthy
	stream   uint64    // whose end began the wait
	due      time.Time // zero: not waiting
}

// ended begins a wait. A call that was not healthy lengthens the next one; a
// balancer that answers and hangs up at once must not be called in a tight
// loop, so having answered is not enough to be healthy.
func (r *retryCore) ended(now time.Time, e streamEnded, random float64) {
	r.wait(now, e.stream, e.record, random)
	if !r.healthy(e.record) {
		r.failures++
	}
}

// renew begins the wait before a call is replaced. It is no failure, but neither is it
// done more often than calls that end would be followed.
func (r *retryCore) renew(now time.Time, n renewal, random float64) {
	r.wait(now, n.stream, n.record, random)
}

// wait begins the wait before the call that is to follow this one.
func (r *retryCore) wait(now time.Time, stream uint64, c record, random float64) {
	wait := r.backoff.delay(r.failures, random)
	if r.healthy(c) {
		r.failures = 0
		wait = time.Duration(random * float64(reopenJitter))
	}
	r.stream, r.due = stream, now.Add(wait)
}

// healthy: "lived longer than the first backoff delay" keeps the rate of calls
// to a balancer that always hangs up at that of the first delay or less.
func (r *retryCore) healthy(c record) bool {
	return c.delivered && c.lived > r.backoff.InitialDelay
}

// standDown ends the wait, if there is one. The failures so far still count,
// unless the call that was given up had made good for them.
func (r *retryCore) standDown(s standDown) {
	r.due = time.Time{}
	if r.healthy(s.record) {
		r.failures = 0
	}
}

// reset forgets the failures and ends the wait, if there is one, with a call.
func (r *retryCore) reset() (dialNow, bool) {
	r.failures = 0
	return r.stopWaiting(!r.due.IsZero())
}

// rang ends the wait with a call if it is over. Too early a ring does nothing.
func (r *retryCore) rang(now time.Time) (dialNow, bool) {
	return r.stopWaiting(!r.due.IsZero() && !now.Before(r.due))
}

func (r *retryCore) stopWaiting(dial bool) (dialNow, bool) {
	if !dial {
		return dialNow{}, false
	}
	r.due = time.Time{}
	return dialNow{after: r.stream}, true
}

// setBackoff leaves the present wait and the count of failures as they are.
func (r *retryCore) setBackoff(b Backoff) { r.backoff = b }

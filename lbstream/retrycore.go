package lbstream

import (
	"time"

	"google.golang.org/grpc/backoff"

	"github.com/actorlb/grpclb/internal/delay"
)

// reopenJitter is the longest wait before a healthy stream is reopened. It spreads the
// clients of a balancer that restarts.
const reopenJitter = 100 * time.Millisecond

// retryCore decides when the next stream is due. It is a value without a clock: its owner
// calls rang at due. While due is set it waits; a dialNow or standDown ends that.
type retryCore struct {
	backoff  backoff.Config
	failures int       // how many streams in a row were not healthy
	stream   uint64    // the stream before the wait
	due      time.Time // when the wait is over; zero: no wait
}

// ended begins a wait. Each stream that was not healthy makes the next wait longer.
func (r *retryCore) ended(now time.Time, e streamEnded, random float64) {
	r.wait(now, e.stream, e.record, random)
	if !r.healthy(e.record) {
		r.failures++
	}
}

// renew begins the wait before a stream is replaced. That counts as no failure, but it
// happens no more often than streams that end are followed by others.
func (r *retryCore) renew(now time.Time, n renewal, random float64) {
	r.wait(now, n.stream, n.record, random)
}

// wait begins the wait for the stream after this one.
func (r *retryCore) wait(now time.Time, stream uint64, c record, random float64) {
	wait := delay.After(r.backoff, r.failures, random)
	if r.healthy(c) {
		r.failures = 0
		wait = time.Duration(random * float64(reopenJitter))
	}
	r.stream, r.due = stream, now.Add(wait)
}

// healthy reports whether a stream brought a list and lived longer than the first
// backoff delay. A balancer that always hangs up is so asked no more often than once in that delay.
func (r *retryCore) healthy(c record) bool {
	return c.delivered && c.lived > r.backoff.BaseDelay
}

// standDown ends the wait, if there is one. The failures so far still count, unless the
// stream that this side ended was healthy.
func (r *retryCore) standDown(s standDown) {
	r.due = time.Time{}
	if r.healthy(s.record) {
		r.failures = 0
	}
}

// reset forgets the failures. If there is a wait, it ends with a dialNow.
func (r *retryCore) reset() (dialNow, bool) {
	r.failures = 0
	return r.stopWaiting(!r.due.IsZero())
}

// rang ends the wait with a dialNow at due. Before due it does nothing.
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

// setBackoff does not change a wait that has begun, nor the count of failures.
func (r *retryCore) setBackoff(b backoff.Config) { r.backoff = b }

// valid returns b with the figures that are out of range replaced.
func valid(b backoff.Config) backoff.Config { return delay.Valid(b, backoff.DefaultConfig) }

package lbserver

import "time"

// A rate bounds how many messages a client may send in a second. After a pause of a second
// it may send as many at once.
type rate struct {
	perSecond float64   // zero or less: no bound
	left      float64   // messages that it may send now
	at        time.Time // as of then
}

func newRate(perSecond int, now time.Time) *rate {
	return &rate{perSecond: float64(perSecond), left: float64(perSecond), at: now}
}

// take notes a message and reports whether it may be.
func (r *rate) take(now time.Time) bool {
	if r.perSecond <= 0 {
		return true
	}
	grown := r.left + now.Sub(r.at).Seconds()*r.perSecond
	// Not less than is left: see excuse.
	r.left, r.at = max(r.left, min(grown, r.perSecond)), now
	if r.left < 1 {
		return false
	}
	r.left--
	return true
}

// excuse adds what the client was allowed to send while a hook had its last message. What it
// sent in that time is read all at once now, and must not count as too much.
func (r *rate) excuse(took time.Duration) {
	r.left += took.Seconds() * r.perSecond
	r.at = r.at.Add(took)
}

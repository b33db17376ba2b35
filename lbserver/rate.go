package lbserver

import "time"

// A rate bounds how many messages a client may send: so many a second, and after
// a pause as many as a second has at once.
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

// excuse gives the client back the time that the user took over a message. What it
// sent meanwhile comes all at once now, through no fault of its own.
func (r *rate) excuse(took time.Duration) {
	r.left += took.Seconds() * r.perSecond
	r.at = r.at.Add(took)
}

package lbstream

import (
	"time"

	"github.com/actorlb/grpclb/tokens"
)

// reporting is where the reports of one call stand. A question is asked only
// when nothing is being sent, so that what comes of it can be; so what has been counted is
// always either with the counter or on its way to the balancer, and a send that
// takes long loses nothing. A send that fails takes the call with it.
type reporting int

const (
	// resting: the next question is asked when it is due. There is none before
	// the balancer has said how often it wants reports, and none if it does not.
	resting reporting = iota
	// asking: the counter has a question. A ring is out of date.
	asking
	// sending: a message is being sent, be it the initial request. A ring is
	// out of date.
	sending
)

// reports decides when to report on one call, and what. It is a value without
// a clock: its owner rings it at due. The zero value is a call that is not open
// and reports nothing.
type reports struct {
	phase reporting
	every time.Duration // zero: no reports
	due   time.Time     // of the next question; zero: there is none to ask

	quiet bool          // nothing had happened the last time, and that was said
	owed  tokens.Counts // reported and taken back since: negative, or zero
}

// want: this is how often the balancer wants reports; zero is never. The first
// interval begins now, or if the initial request is still being sent, after it.
func (r *reports) want(now time.Time, every time.Duration) {
	r.every = every
	if r.phase == resting {
		r.rest(now)
	}
}

// rest begins the interval before the next question.
func (r *reports) rest(now time.Time) {
	r.phase = resting
	if r.every > 0 {
		r.due = now.Add(r.every)
	}
}

// send: a message is being sent, and nothing else until that is done.
func (r *reports) send() { r.phase, r.due = sending, time.Time{} }

// sent: it is done, and the next interval begins.
func (r *reports) sent(now time.Time) {
	r.must(sending)
	r.rest(now)
}

// rang reports whether it is time to ask. Too early a ring does nothing.
func (r *reports) rang(now time.Time) bool {
	if r.due.IsZero() || now.Before(r.due) {
		return false
	}
	r.phase, r.due = asking, time.Time{}
	return true
}

// counted takes the answer and returns the report to send, if there is one. The
// balancer is told once that nothing happens, and then when something does.
func (r *reports) counted(now time.Time, c tokens.Counts) (report tokens.Counts, ok bool) {
	r.must(asking)
	report = r.settle(c)
	if report.Zero() && r.quiet {
		r.rest(now)
		return report, false
	}
	r.quiet = report.Zero()
	r.send()
	return report, true
}

// settle returns what of c can be reported. Started comes out negative when
// gRPC did not use picks that were reported already: a balancer cannot make
// anything of that, so the next ones are kept back until it is made up for.
// Drops are never taken back; those that say nothing are left out.
func (r *reports) settle(c tokens.Counts) tokens.Counts {
	report := tokens.Counts{
		Started:       settle(&r.owed.Started, c.Started),
		Finished:      settle(&r.owed.Finished, c.Finished),
		FailedToSend:  settle(&r.owed.FailedToSend, c.FailedToSend),
		KnownReceived: settle(&r.owed.KnownReceived, c.KnownReceived),
	}
	for _, d := range c.Dropped {
		if d.Calls > 0 {
			report.Dropped = append(report.Dropped, d)
		}
	}
	return report
}

// settle adds counted to what is owed and returns the surplus.
func settle(owed *int64, counted int64) (surplus int64) {
	sum := *owed + counted
	*owed = min(sum, 0)
	return max(sum, 0)
}

func (r *reports) must(p reporting) {
	if r.phase != p {
		panic("BUG: a report was heard of that is not under way")
	}
}

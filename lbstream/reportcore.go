package lbstream

import (
	"time"

	"github.com/actorlb/grpclb/tokens"
)

// reporting is what the reports of one stream are waiting for. The counter is asked
// only when nothing is being sent, so its answer can be sent at once: each counted call is either with
// the counter or on its way to the balancer, and a slow send loses none. If a send fails,
// the stream ends.
type reporting int

const (
	// resting: the next question is due at due. If the balancer has asked for no reports,
	// or not yet, there is none.
	resting reporting = iota
	// asking: the counter has been asked. rang does nothing.
	asking
	// sending: a message is being sent, the initial request or a report. rang does
	// nothing.
	sending
)

// reports decides when to report on one stream, and what. It is a value without a clock:
// its owner calls rang at due. The zero value is for a stream that is not open.
type reports struct {
	phase reporting
	every time.Duration // the interval; zero: no reports
	due   time.Time     // when to ask the counter; zero: not now

	quiet bool          // the last report was all zero
	owed  tokens.Counts // calls that were reported and then taken back; each figure is negative or zero
}

// want sets the interval that the balancer asks for; zero is no reports. The first
// interval begins now, or when the initial request has been sent.
func (r *reports) want(now time.Time, every time.Duration) {
	r.every = every
	if r.phase == resting {
		r.rest(now)
	}
}

// rest begins an interval.
func (r *reports) rest(now time.Time) {
	r.phase = resting
	if r.every > 0 {
		r.due = now.Add(r.every)
	}
}

// send: the sender has a message.
func (r *reports) send() { r.phase, r.due = sending, time.Time{} }

// sent: the sender is done, and the next interval begins.
func (r *reports) sent(now time.Time) {
	r.must(sending)
	r.rest(now)
}

// rang reports whether to ask the counter now. Before due it does nothing.
func (r *reports) rang(now time.Time) bool {
	if r.due.IsZero() || now.Before(r.due) {
		return false
	}
	r.phase, r.due = asking, time.Time{}
	return true
}

// counted takes the counter's answer and returns the report to send, if there is one.
// Of several all-zero reports in a row only the first is sent.
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

// settle returns the part of c that can be reported. A figure can be negative: gRPC
// did not use a pick that was reported already. Nothing of it is reported then, and it is
// subtracted from later figures. Drops are never taken back; those of no call are left
// out.
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

// settle adds counted to owed, and returns what is more than zero.
func settle(owed *int64, counted int64) (surplus int64) {
	sum := *owed + counted
	*owed = min(sum, 0)
	return max(sum, 0)
}

func (r *reports) must(p reporting) {
	if r.phase != p {
		panic("BUG: an event of a report that is not under way")
	}
}

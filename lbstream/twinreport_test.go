package lbstream

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/actorlb/grpclb/tokens"
)

// initialFrom picks an initial response: one that wants no reports, or wants
// them too often, or every 200 ms or so.
func initialFrom(arg int) (event, received) {
	every := []time.Duration{0, 200 * time.Millisecond, 700 * time.Millisecond, time.Nanosecond}[(arg+3)/4%4]
	m := response("initial")
	m.GetInitialResponse().ClientStatsReportInterval = durationpb.New(every)
	return event{kind: "initial", every: every}, receivedFrom(m, nil)
}

// countsFrom picks an answer of the counter: often nothing at all, at times
// less than nothing, at times drops, of which one may be empty.
func countsFrom(arg int) (c tokens.Counts) {
	c.Started = []int64{0, 3, 0, -2}[arg%4]
	c.Finished = []int64{0, 0, 2, 1}[arg/4%4]
	c.KnownReceived = c.Finished / 2
	c.FailedToSend = c.Finished - c.KnownReceived
	if arg > 12 {
		c.Dropped = []tokens.Dropped{{Token: "a", Calls: 1}, {Token: "b", Calls: int64(arg - 13)}}
	}
	return c
}

// compareReports holds the reports of the world against the twin's.
func (w *world) compareReports(before *world, e event) {
	w.t.Helper()
	stream := present(w.events)
	due, silent := twinDue(w.events), w.twinSilentAt()
	w.same("report due", due, w.core.reports.due)
	if due.IsZero() || !silent.IsZero() && silent.Before(due) {
		due = silent
	}
	w.same("due", due, w.core.due())
	w.same("sending", twinSending(stream), w.sending)
	w.same("asking", twinAsking(stream), w.asking)
	if e.asked {
		before.asked++
	}
	w.same("questions", before.asked, w.asked)
	want := before.reports
	if e.kind == "counted" && twinSaid(stream) {
		want = append(want[:len(want):len(want)], twinReport(stream))
	}
	w.same("reports", fmt.Sprint(want), fmt.Sprint(w.reports))
}

// present returns the history of the stream that is open, from its opening on.
func present(events []event) []event {
	for i := len(events) - 1; i >= 0; i-- {
		e := events[i]
		renamed := e.kind == "serve" && e.target.Name != twinTarget(events[:i]).Name
		switch {
		case e.kind == "opened":
			return events[i:]
		case e.kind == "ended", e.replaced, renamed, removal(events, i):
			return nil
		}
	}
	return nil
}

// twinDue: an interval after the latest of what an interval may begin with.
func twinDue(events []event) time.Time {
	stream := present(events)
	var every time.Duration
	var from time.Time
	for i := range stream {
		switch stream[i].kind {
		case "initial":
			if count(stream[:i], "initial") == 0 {
				every, from = stream[i].every, stream[i].at
			}
		case "sent", "counted":
			from = stream[i].at
		}
	}
	if every == 0 || twinAsking(stream) || twinSending(stream) {
		return time.Time{}
	}
	return from.Add(max(every, 100*time.Millisecond))
}

// twinAsking: a question was asked after the last answer.
func twinAsking(stream []event) bool {
	question := func(events []event, i int) bool { return events[i].asked }
	return last(stream, question, kind("counted")).asked
}

// twinSending: fewer messages were sent than there were to send, the initial
// request among them.
func twinSending(stream []event) bool {
	messages := count(stream, "opened")
	for i := range stream {
		if stream[i].kind == "counted" && twinSaid(stream[:i+1]) {
			messages++
		}
	}
	return messages > count(stream, "sent")
}

// twinSaid: the count that ends this history is worth a report, because
// something happened or because something had the time before.
func twinSaid(stream []event) bool {
	const nothing = "0 0 0 0"
	if twinReport(stream) != nothing {
		return true
	}
	for i := len(stream) - 2; i >= 0; i-- {
		if stream[i].kind == "counted" {
			return twinReport(stream[:i+1]) != nothing
		}
	}
	return true
}

// twinReport is what the count that ends this history adds to the reports: by
// how much each sum exceeds the highest it had been.
func twinReport(stream []event) string {
	words := fmt.Sprintf("%d %d %d %d",
		raise(stream, func(c tokens.Counts) int64 { return c.Started }),
		raise(stream, func(c tokens.Counts) int64 { return c.Finished }),
		raise(stream, func(c tokens.Counts) int64 { return c.FailedToSend }),
		raise(stream, func(c tokens.Counts) int64 { return c.KnownReceived }))
	for _, d := range stream[len(stream)-1].counts.Dropped {
		if d.Calls > 0 {
			words += fmt.Sprintf(" %s=%d", d.Token, d.Calls)
		}
	}
	return words
}

func raise(stream []event, figure func(tokens.Counts) int64) int64 {
	var sum, highest, before int64
	for i := range stream {
		before = highest
		sum += figure(stream[i].counts)
		highest = max(highest, sum)
	}
	return highest - before
}

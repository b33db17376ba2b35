package main

import (
	"context"
	"fmt"
	"time"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/actorlb/grpclb/internal/lbtest"
)

var reportParts = []part{
	{rule: "report.started", should: "a call in flight is reported as started", play: reportsStarted},
	{rule: "report.finished", should: "a call that was sent and never answered is reported as started and finished", play: reportsUnanswered},
	{rule: "report.finished", should: "4 answered calls are reported as started, finished and received", play: reportsAnswered},
	{rule: "report.drops", should: "2 of 4 calls dropped are reported as started, finished, and by token", play: reportsDrops},
	{rule: "report.scope", should: "a call begun under one stream is not reported on the next", play: reportsScope},
	{rule: "report.interval", should: "with an interval of 1 ms, no report comes before 100 ms", play: shortInterval},
	{rule: "report.interval", should: "with an interval of 585 years, none comes", play: longInterval},
	{rule: "report.zero", should: "10 s without calls are reported once", play: reportsZero},
	{rule: "report.fallback", should: "calls in fallback are not reported", play: reportsFallback},
}

// reporting resolves the balancer, and has it want reports once a second and
// send a list of these backends.
func (w *world) reporting(backends ...*lbtest.Backend) *lbtest.Call {
	w.Helper()
	w.resolve(backends...)
	c := w.answered(time.Second)
	w.send(c, backends...)
	return c
}

// sum is what all reports up to now say together.
func sum(c *lbtest.Call) (s stats) {
	for {
		select {
		case r := <-c.Reports():
			s.reports++
			s.started += r.NumCallsStarted
			s.finished += r.NumCallsFinished
			s.unsent += r.NumCallsFinishedWithClientFailedToSend
			s.received += r.NumCallsFinishedKnownReceived
			for _, d := range r.CallsFinishedWithDrop {
				s.dropped += d.NumCalls
			}
		default:
			return s
		}
	}
}

type stats struct {
	reports                                      int
	started, finished, unsent, received, dropped int64
}

func (s stats) String() string {
	return fmt.Sprintf("%d started, %d finished, %d not sent, %d received, %d dropped; reports: %d",
		s.started, s.finished, s.unsent, s.received, s.dropped, s.reports)
}

// sawReports is the verdict on all reports of 2 s and a half. How many they
// were does not matter, as long as there are some.
func (w *world) sawReports(c *lbtest.Call, want stats) verdict {
	w.sleep(2500 * time.Millisecond)
	got := sum(c)
	want.reports = got.reports
	return saw(got == want && got.reports > 0, "%v", got)
}

func reportsStarted(w *world) verdict {
	b := w.backends(1)[0]
	c := w.reporting(b)
	b.Hold()
	w.begin(w.Context())
	return w.sawReports(c, stats{started: 1})
}

func reportsUnanswered(w *world) verdict {
	b := w.backends(1)[0]
	c := w.reporting(b)
	b.Hold()
	// Cancelled, since of a deadline the backend might hear as soon as the caller.
	ctx, cancel := context.WithCancel(w.Context())
	done := w.begin(ctx)
	b.WaitInFlight(1)
	cancel()
	<-done
	return w.sawReports(c, stats{started: 1, finished: 1})
}

func reportsAnswered(w *world) verdict {
	c := w.reporting(w.backends(1)...)
	w.calls(4)
	return w.sawReports(c, stats{started: 4, finished: 4, received: 4})
}

func reportsDrops(w *world) verdict {
	b := w.backends(1)
	c := w.reporting(b...)
	w.list(c, lbtest.Drop("d"), lbtest.Server(b[0].Addr(), ""))
	w.calls(4)
	return w.sawReports(c, stats{started: 4, finished: 4, received: 2, dropped: 2})
}

func reportsScope(w *world) verdict {
	b := w.backends(1)[0]
	c := w.reporting(b)
	b.Hold()
	done := w.begin(w.Context())
	w.sleep(2 * time.Second)
	c.HangUp(nil)
	c = w.answered(time.Second)
	w.send(c, b)
	b.Release()
	<-done
	return w.sawReports(c, stats{})
}

func shortInterval(w *world) verdict {
	w.resolve()
	c := w.answered(time.Millisecond)
	w.send(c, w.backends(1)...)
	for range 90 {
		w.calls(1)
		w.sleep(time.Millisecond)
	}
	early := sum(c).reports
	w.sleep(20 * time.Millisecond)
	late := sum(c).reports
	return saw(early == 0 && late > 0, "%d reports in 90 ms, %d in the next 20 ms", early, late)
}

// The interval is 2⁶⁴ ns and 290 ms, in whole seconds.
func longInterval(w *world) verdict {
	w.resolve()
	c := w.lb.Next()
	c.Send(&lbpb.LoadBalanceResponse{LoadBalanceResponseType: &lbpb.LoadBalanceResponse_InitialResponse{
		InitialResponse: &lbpb.InitialLoadBalanceResponse{
			ClientStatsReportInterval: &durationpb.Duration{Seconds: 18_446_744_074},
		},
	}})
	w.send(c, w.backends(1)...)
	w.calls(1)
	w.sleep(time.Minute)
	n := sum(c).reports
	return saw(n == 0, "%d reports in a minute", n)
}

func reportsZero(w *world) verdict {
	c := w.reporting(w.backends(1)...)
	w.sleep(10500 * time.Millisecond)
	got := sum(c)
	return saw(got == stats{reports: 1}, "reports: %d", got.reports)
}

func reportsFallback(w *world) verdict {
	c := w.reporting(w.backends(1)...)
	c.Fallback()
	w.sleep(time.Second)
	w.calls(4)
	return w.sawReports(c, stats{})
}

package main

import (
	"context"
	"strings"
	"testing"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/stats"
)

// begin tells the attempts of n more calls.
func begin(a *attempts, n int) {
	for range n {
		a.HandleRPC(context.Background(), &stats.Begin{})
		a.HandleRPC(context.Background(), &stats.End{})
	}
}

func TestAttempts_CountsEach(t *testing.T) {
	a := new(attempts)
	begin(a, 3)
	a.HandleRPC(context.Background(), &stats.Begin{IsTransparentRetryAttempt: true})
	if a.count() != 4 || a.transparent.Load() != 1 {
		t.Errorf("%d attempts, %d of them transparent; want 4 and 1", a.count(), a.transparent.Load())
	}
}

func TestBooks_RightReports(t *testing.T) {
	a := new(attempts)
	b := newBooks(a)
	defer b.close()
	if got := b.sum().contact; got != -1 {
		t.Errorf("balancer %d is in contact", got)
	}
	begin(a, 10)
	first, second := b.opened(2), b.opened(0)
	b.reported(first, &lbpb.ClientStats{NumCallsStarted: 4, NumCallsFinished: 3, NumCallsFinishedKnownReceived: 3})
	b.reported(second, &lbpb.ClientStats{NumCallsStarted: 6})
	b.reported(first, &lbpb.ClientStats{NumCallsFinished: 1, NumCallsFinishedWithClientFailedToSend: 1})
	got := b.sum()
	if got.started != 10 || got.reports != 3 || got.calls != 2 || got.contact != 0 || got.wrong.count != 0 {
		t.Errorf("%+v", got)
	}
	b.ended(second)
	if got := b.sum().contact; got != 2 {
		t.Errorf("balancer %d is in contact, want 2", got)
	}
}

func TestBooks_WrongReports(t *testing.T) {
	for says, report := range map[string]*lbpb.ClientStats{
		"reports have 11 calls":     {NumCallsStarted: 11},
		"2 calls finished of 1":     {NumCallsStarted: 1, NumCallsFinished: 2},
		"1 calls not sent and 1":    {NumCallsStarted: 1, NumCallsFinished: 1, NumCallsFinishedWithClientFailedToSend: 1, NumCallsFinishedKnownReceived: 1},
		"negative":                  {NumCallsStarted: -1},
		"2 calls dropped by lists ": {NumCallsStarted: 2, NumCallsFinished: 2, CallsFinishedWithDrop: []*lbpb.ClientStatsPerToken{{NumCalls: 2}}},
	} {
		a := new(attempts)
		b := newBooks(a)
		begin(a, 10)
		b.reported(b.opened(1), report)
		if got := strings.Join(b.sum().wrong.lines(), "\n"); !strings.Contains(got, says) {
			t.Errorf("%v: %q, want %q", report, got, says)
		}
		b.close()
	}
}

// What is said of a call that has ended, or to books that are closed, is lost.
func TestBooks_LateReports(t *testing.T) {
	b := newBooks(new(attempts))
	call := b.opened(1)
	b.ended(call)
	b.reported(call, &lbpb.ClientStats{NumCallsStarted: 1})
	if got := b.sum(); got.wrong.count != 0 || got.started != 0 {
		t.Errorf("%+v", got)
	}
	b.close()
	b.reported(b.opened(1), &lbpb.ClientStats{NumCallsStarted: 1})
	if got := b.sum(); got.contact != -1 {
		t.Errorf("%+v of closed books", got)
	}
}

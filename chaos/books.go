package main

import (
	"context"
	"fmt"
	"sync/atomic"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/stats"
)

// books hold the load reports, read as they arrive at the balancers, against what
// the channel tried to send, which they count as its stats handler. gRPC makes a
// second attempt at a call if a server surely has not seen the first, so there may
// be more attempts than calls.
//
// The promises: on each call to a balancer never has more been finished than
// started, nor more been sent on or answered than finished; and all calls to all
// balancers together never have more started than there were attempts.
type books struct {
	attempts atomic.Int64
	started  atomic.Int64                // calls, by all reports
	numbers  atomic.Int64                // of calls to balancers
	open     [balancerCount]atomic.Int64 // the number of the last call to each, if it is open; else zero
	wrong    chan string                 // promises that were broken, as many as there is room for
}

func newBooks() *books { return &books{wrong: make(chan string, enough)} }

// HandleRPC is called by gRPC for each event of each call.
func (b *books) HandleRPC(_ context.Context, s stats.RPCStats) {
	if _, is := s.(*stats.Begin); is {
		b.attempts.Add(1)
	}
}

func (*books) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (*books) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (*books) HandleConn(context.Context, stats.ConnStats)                       {}

// contact returns the balancer that was called last of those with an open call; -1:
// none. A client has one call, and a balancer that can't be heard from may think
// that it still has the one before.
func (b *books) contact() int {
	latest, contact := int64(0), -1
	for i := range b.open {
		if call := b.open[i].Load(); call > latest {
			latest, contact = call, i
		}
	}
	return contact
}

// reader returns what reads along in the calls to a balancer.
func (b *books) reader(balancer int) grpc.StreamServerInterceptor {
	return func(server any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
		call := b.numbers.Add(1)
		b.open[balancer].Store(call)
		defer b.open[balancer].CompareAndSwap(call, 0)
		return handler(server, &account{ServerStream: stream, books: b, name: fmt.Sprintf("call %d, to balancer %d", call, balancer+1)})
	}
}

// An account is all reports of one call to a balancer, added up by the goroutine
// that reads them.
type account struct {
	grpc.ServerStream
	books                               *books
	name                                string
	started, finished, unsent, received int64
}

// RecvMsg reads along.
func (a *account) RecvMsg(m any) error {
	err := a.ServerStream.RecvMsg(m)
	if request, is := m.(*lbpb.LoadBalanceRequest); is && err == nil && request.GetClientStats() != nil {
		a.add(request.GetClientStats())
	}
	return err
}

func (a *account) add(s *lbpb.ClientStats) {
	a.started += s.GetNumCallsStarted()
	a.finished += s.GetNumCallsFinished()
	a.unsent += s.GetNumCallsFinishedWithClientFailedToSend()
	a.received += s.GetNumCallsFinishedKnownReceived()
	all := a.books.started.Add(s.GetNumCallsStarted())
	attempts := a.books.attempts.Load() // now: all that was reported had begun before
	switch {
	case min(s.GetNumCallsStarted(), s.GetNumCallsFinished(), s.GetNumCallsFinishedWithClientFailedToSend(), s.GetNumCallsFinishedKnownReceived()) < 0:
		a.complain("a report has a negative count: %v", s)
	case a.finished > a.started:
		a.complain("%d calls finished of %d started", a.finished, a.started)
	case a.unsent+a.received > a.finished:
		a.complain("%d calls not sent and %d answered of %d finished", a.unsent, a.received, a.finished)
	case len(s.GetCallsFinishedWithDrop()) > 0:
		a.complain("calls dropped by lists that have no drops: %v", s)
	case all > attempts:
		a.complain("%d calls started by all reports, and there were %d", all, attempts)
	}
}

func (a *account) complain(format string, args ...any) {
	select {
	case a.books.wrong <- "reports of " + a.name + ": " + fmt.Sprintf(format, args...):
	default:
	}
}

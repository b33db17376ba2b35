package main

import (
	"fmt"
	"sync/atomic"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"

	"github.com/actorlb/grpclb/actor"
)

// books is the goroutine that keeps the load reports of all balancers and holds
// them against what was called. Reports are read as they arrive at a balancer's
// server, whoever the client is; what was called is counted by the channel's
// stats handler (see attempts).
//
// The promises: on each call to a balancer never has more been finished than
// started, nor more been sent on or answered than finished; and all calls to
// all balancers together never have more started than there were attempts.
type books struct {
	inbox    *actor.Inbox[bookMessage]
	group    *actor.Group
	numbers  atomic.Int64 // calls to balancers so far
	attempts *attempts    // of the channel
}

// An account is all reports of one call to a balancer, added up.
type account struct {
	balancer                            int
	started, finished, unsent, received int64
	drops                               int64
}

// A summary is what the books say so far.
type summary struct {
	calls   int    // to balancers
	reports int    // that arrived
	started int64  // calls, by all of them
	contact int    // the balancer that was called last of those with a call open; -1: none
	wrong   faulty // promises that were broken
}

// A bookMessage is what the books can be told. One opened and one ended come
// for each call of a client, and its reports at the pace it was told.
type bookMessage interface{ toBooks() }

// opened, ended, reported: about the call of this number, from its handler and
// the goroutine that reads it. A call that is open counts as contact.
type opened struct{ call, balancer int }
type ended struct{ call int }
type reported struct {
	call  int
	stats *lbpb.ClientStats
	limit int64 // attempts there had been when it arrived
}

// summed: from the player, who waits for the reply; there is room for it.
type summed struct{ reply chan<- summary }

func (opened) toBooks()   {}
func (ended) toBooks()    {}
func (reported) toBooks() {}
func (summed) toBooks()   {}

func newBooks(a *attempts) *books {
	b := &books{inbox: actor.NewInbox[bookMessage](), group: actor.NewGroup(), attempts: a}
	b.group.Go(b.keep)
	return b
}

func (b *books) opened(balancer int) (call int) {
	call = int(b.numbers.Add(1))
	b.inbox.Send(opened{call, balancer})
	return call
}

func (b *books) ended(call int) { b.inbox.Send(ended{call}) }

// reported reads the count of attempts now, when all that the report tells of
// has begun.
func (b *books) reported(call int, stats *lbpb.ClientStats) {
	b.inbox.Send(reported{call, stats, b.attempts.count()})
}

func (b *books) sum() summary {
	reply := make(chan summary, 1)
	if !b.inbox.Send(summed{reply}) {
		return summary{contact: -1}
	}
	return <-reply
}

// close ends the books. What is said later is not written down.
func (b *books) close() { b.group.Stop() }

// add takes a report over and says what is wrong with the account then.
func (a *account) add(s *lbpb.ClientStats) error {
	a.started += s.GetNumCallsStarted()
	a.finished += s.GetNumCallsFinished()
	a.unsent += s.GetNumCallsFinishedWithClientFailedToSend()
	a.received += s.GetNumCallsFinishedKnownReceived()
	for _, d := range s.GetCallsFinishedWithDrop() {
		a.drops += d.GetNumCalls()
	}
	switch {
	case min(s.GetNumCallsStarted(), s.GetNumCallsFinished(), s.GetNumCallsFinishedWithClientFailedToSend(), s.GetNumCallsFinishedKnownReceived()) < 0:
		return fmt.Errorf("a report has a negative count: %v", s)
	case a.finished > a.started:
		return fmt.Errorf("%d calls finished of %d started", a.finished, a.started)
	case a.unsent+a.received > a.finished:
		return fmt.Errorf("%d calls not sent and %d answered of %d finished", a.unsent, a.received, a.finished)
	case a.drops > 0:
		return fmt.Errorf("%d calls dropped by lists that have no drops", a.drops)
	}
	return nil
}

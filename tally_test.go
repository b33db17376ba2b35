package grpclb_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// A tally is what became of calls: as reports say it, or as callers and
// backends saw it.
type tally struct {
	started, finished, unsent, received int64
	drops                               map[string]int64
}

// tallyOf returns what a report says.
func tallyOf(r *lbpb.ClientStats) tally {
	one := tally{
		started:  r.NumCallsStarted,
		finished: r.NumCallsFinished,
		unsent:   r.NumCallsFinishedWithClientFailedToSend,
		received: r.NumCallsFinishedKnownReceived,
	}
	for _, d := range r.CallsFinishedWithDrop {
		one.drop(d.LoadBalanceToken, d.NumCalls)
	}
	return one
}

// take adds a report. It returns an error if the sum so far cannot be: calls
// that end before they begin, or fewer of something than before.
func (s *tally) take(r *lbpb.ClientStats) error {
	one := tallyOf(r)
	*s = s.plus(one)
	least := min(one.started, one.finished, one.unsent, one.received)
	for _, calls := range one.drops {
		least = min(least, calls-1) // a drop entry that says nothing is left out
	}
	if least < 0 || s.finished > s.started || s.unsent+s.received > s.finished {
		return fmt.Errorf("after the report %v the sum is %v", r, s)
	}
	return nil
}

// drop counts calls dropped with a token.
func (s *tally) drop(token string, calls int64) {
	if s.drops == nil {
		s.drops = map[string]int64{}
	}
	s.drops[token] += calls
}

// plus returns the sum of two tallies.
func (s tally) plus(o tally) tally {
	sum := tally{
		started:  s.started + o.started,
		finished: s.finished + o.finished,
		unsent:   s.unsent + o.unsent,
		received: s.received + o.received,
	}
	for _, drops := range []map[string]int64{s.drops, o.drops} {
		for token, calls := range drops {
			sum.drop(token, calls)
		}
	}
	return sum
}

// String is for the tests to compare: "4 3 0 2 d:1", drops sorted by token.
func (s tally) String() string {
	text := fmt.Sprint(s.started, s.finished, s.unsent, s.received)
	for _, token := range slices.Sorted(maps.Keys(s.drops)) {
		text += fmt.Sprintf(" %s:%d", token, s.drops[token])
	}
	return text
}

// reporting connects to the balancer, which asks for a report every second.
func (w *world) reporting(fallback ...*lbtest.Backend) *lbtest.Call {
	w.Helper()
	w.resolve(fallback...)
	return w.reportingNext()
}

// reportingNext is reporting for the next call to the balancer.
func (w *world) reportingNext() *lbtest.Call {
	w.Helper()
	c := w.lb.Next()
	c.Initial(time.Second)
	return c
}

// reported returns the reports that a call has got meanwhile, in words.
func (w *world) reported(c *lbtest.Call) string {
	w.Helper()
	var all []string
	for _, r := range w.arrived(c) {
		all = append(all, tallyOf(r).String())
	}
	return strings.Join(all, ", ")
}

func (w *world) arrived(c *lbtest.Call) (all []*lbpb.ClientStats) {
	w.pause(0)
	for {
		select {
		case r := <-c.Reports():
			all = append(all, r)
		default:
			return all
		}
	}
}

// add takes the reports over that a call has got meanwhile.
func (w *world) add(s *tally, c *lbtest.Call) {
	w.Helper()
	for _, r := range w.arrived(c) {
		if err := s.take(r); err != nil {
			w.Error(err)
		}
	}
}

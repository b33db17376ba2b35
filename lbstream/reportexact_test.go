package lbstream

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"

	"github.com/actorlb/grpclb/internal/lbtest"
	"github.com/actorlb/grpclb/tokens"
)

// sums adds up reports, or what the counter said.
type sums struct {
	started, finished, failed, received int64
	dropped                             map[string]int64
}

func (s *sums) count(c tokens.Counts) {
	s.started += c.Started
	s.finished += c.Finished
	s.failed += c.FailedToSend
	s.received += c.KnownReceived
	if s.dropped == nil {
		s.dropped = make(map[string]int64)
	}
	for _, d := range c.Dropped {
		s.dropped[d.Token] += d.Calls
	}
}

// report adds a report, of which no figure may be negative.
func (s *sums) report(t *testing.T, r *lbpb.ClientStats) {
	t.Helper()
	c := tokens.Counts{
		Started:       r.GetNumCallsStarted(),
		Finished:      r.GetNumCallsFinished(),
		FailedToSend:  r.GetNumCallsFinishedWithClientFailedToSend(),
		KnownReceived: r.GetNumCallsFinishedKnownReceived(),
	}
	for _, d := range r.GetCallsFinishedWithDrop() {
		c.Dropped = append(c.Dropped, tokens.Dropped{Token: d.GetLoadBalanceToken(), Calls: d.GetNumCalls()})
		if d.GetNumCalls() <= 0 {
			t.Errorf("report of %d drops", d.GetNumCalls())
		}
	}
	if min(c.Started, c.Finished, c.FailedToSend, c.KnownReceived) < 0 {
		t.Errorf("negative report: %s", describeStats(r))
	}
	s.count(c)
}

func (s sums) String() string {
	return fmt.Sprintf("%d %d %d %d %v", s.started, s.finished, s.failed, s.received, s.dropped)
}

// Fifty minutes of traffic, in which many picks are reported before it turns out
// that gRPC does not use them: the reports add up to what happened. In the end
// all is over, and there are streams enough to make up for what was taken back.
func TestReport_Exact(t *testing.T) {
	inBubble(t, func(b *bench) {
		c := b.reporting(b.balancer(), time.Second)
		random := rand.New(rand.NewPCG(1, 2))
		var happened, reported sums
		var picked, inFlight int64 // not yet used or taken back; used and not over
		for range 3000 {
			picks, used := random.Int64N(3), random.Int64N(picked+1)
			over, drops := random.Int64N(inFlight+1), random.Int64N(2)
			if picked+inFlight > 10 {
				picks, used, over = 0, 0, inFlight // which leaves all picks to be taken back
			}
			unused := picked - used
			counts := tokens.Counts{
				Started:       picks - unused + drops,
				Finished:      over + drops,
				FailedToSend:  over / 3,
				KnownReceived: over - over/3,
			}
			if drops > 0 {
				counts.Dropped = []tokens.Dropped{{Token: []string{"a", "b"}[random.IntN(2)], Calls: drops}}
			}
			picked, inFlight = picks, inFlight+used-over
			happened.count(counts)
			q := b.asked(1, time.Second)
			time.Sleep(time.Duration(random.IntN(3)) * time.Millisecond)
			q.reply <- counts
		}
		b.answer(b.asked(1, time.Second), fmt.Sprint(100-picked), fmt.Sprint(100+inFlight), "0", "0")
		happened.count(tokens.Counts{Started: 100 - picked, Finished: 100 + inFlight})
		for len(c.Reports()) > 0 {
			reported.report(t, c.Report())
		}
		if reported.String() != happened.String() || happened.started != happened.finished {
			t.Errorf("reported %v, happened %v", reported, happened)
		}
	})
}

// many is an answer that makes a report of some 50 KB: a few of them, and the
// flow control of a balancer that does not read is at its end.
func many() tokens.Counts {
	c := tokens.Counts{Started: 1000, Finished: 1000}
	for i := range 1000 {
		c.Dropped = append(c.Dropped, tokens.Dropped{Token: fmt.Sprintf("%s-%03d", strings.Repeat("x", 40), i), Calls: 1})
	}
	return c
}

// holdUp answers with many drops until the sender is held up by a balancer that
// does not read, and returns how many answers that took.
func (b *bench) holdUp(stream uint64) (answers int) {
	b.Helper()
	for ; answers < 100; answers++ {
		time.Sleep(time.Second)
		synctest.Wait()
		select {
		case q := <-b.counter.questions:
			if q.stream != stream {
				b.Errorf("asked about stream %d", q.stream)
			}
			q.reply <- many()
		default:
			return answers
		}
	}
	b.Fatal("the sender is not held up")
	return 0
}

// A balancer that does not read its reports is not sent more of them, and not
// asked for: what happens meanwhile stays with the counter. It can still send
// lists. When it reads, it gets all there is, and the next interval begins.
func TestReport_Exact_HeldUp(t *testing.T) {
	inBubble(t, func(b *bench) {
		hear := make(chan struct{})
		c := b.reporting(b.balancer(deaf(hear)), time.Second)
		answers := b.holdUp(1)
		if answers < 2 {
			t.Fatalf("held up after %d reports", answers)
		}
		b.unasked(time.Hour)
		for i := range 5 {
			c.List(lbtest.Server("10.0.0.1:80", "t"))
			if s := b.now(); s.Lists != uint64(i+1) {
				t.Errorf("after list %d: %+v", i+1, s)
			}
		}
		close(hear)
		q := b.asked(1, time.Second)
		var reported, happened sums
		for range answers {
			reported.report(t, c.Report())
			happened.count(many())
		}
		if reported.String() != happened.String() {
			t.Errorf("reported %v, happened %v", reported, happened)
		}
		b.answer(q, "7", "0", "0", "0")
		b.reported(c, "7 0 0 0")
	})
}

// A report that is held up goes with its stream, and holds up nothing else.
func TestReport_Exact_HeldUp_Renamed(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb := b.balancer(deaf(make(chan struct{})))
		c := b.reporting(lb, time.Second)
		b.holdUp(1)
		start := time.Now()
		b.serve("bank", lb.Address())
		next := lb.Next()
		b.same("time to the next stream", next.Opened().Sub(start), 0)
		if !over(c) {
			t.Error("the old stream is still there")
		}
		next.Initial(time.Second)
		b.asked(2, time.Second)
	})
}

// gRPC ends a stream when it could not send in it, here because a report is longer
// than the caller's options allow. That is an end like any other.
func TestReport_Exact_SendFails(t *testing.T) {
	inBubbleWith(t, steady, func(b *bench) {
		lb := b.balancer()
		c := b.reporting(lb, time.Second)
		q := b.asked(1, time.Second)
		start := time.Now()
		q.reply <- many()
		if s := b.now(); s.Ends != 1 || s.Err == nil || !over(c) {
			t.Errorf("after a failed send: %+v", s)
		}
		b.reported(c)
		next := lb.Next()
		b.same("time to the next stream", next.Opened().Sub(start), time.Second)
		next.Initial(time.Second)
		b.answer(b.asked(2, time.Second), "0", "0", "0", "0")
		b.reported(next, "0 0 0 0")
	}, grpc.WithDefaultCallOptions(grpc.MaxCallSendMsgSize(1000)))
}

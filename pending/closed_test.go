package pending

import (
	"testing"
	"testing/synctest"

	"github.com/actorlb/grpclb/actor"
)

func TestState_ClosedQueueHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := actor.NewGroup()
		q := Start(g, false)
		a, cancelA := newCall(t)
		park(t, q, a, 1)
		g.Stop()
		cancelA()
		b, _ := newCall(t)
		park(t, q, b, 1)
		q.SetLimit(1)
		for range 3 {
			park(t, q, b, 1)
		}
		q.Released(1)
		checkStats(t, q, Stats{})
	})
}

// A call that is parked while the queue stops gets an answer. If a question were lost,
// this test would not end.
func TestState_ClosedQueueAnswersWhoAskedInTime(t *testing.T) {
	const askers = 8
	for range 100 {
		g := actor.NewGroup()
		q := Start(g, false)
		q.SetLimit(1_000_000)
		ended := make(chan struct{})
		asking := make(chan struct{}, askers)
		for range askers {
			ctx, _ := newCall(t)
			go func() {
				defer func() { ended <- struct{}{} }()
				asking <- struct{}{}
				for epoch := range uint64(50) {
					park(t, q, ctx, epoch)
					q.Stats()
				}
			}()
		}
		<-asking
		g.Stop()
		for range askers {
			<-ended
		}
	}
}

// Messages that the loop has not handled when it stops are answered like those that come
// later.
func TestState_ClosedQueueAnswersItsBacklog(t *testing.T) {
	l := newLoop(false)
	ctx, _ := newCall(t)
	l.calls.Send(parked{ctx.Done(), 1, 0})
	ask, stats := make(chan int, 1), make(chan Stats, 1)
	for _, m := range []message{
		asked{parked{ctx.Done(), 1, 0}, 1, ask}, statsAsked{stats}, released{1},
	} {
		l.inbox.Send(m)
	}
	l.close()
	if got := <-ask; got != 0 {
		t.Errorf("a call was answered %d, want 0", got)
	}
	if got := <-stats; got != (Stats{}) {
		t.Errorf("stats are %+v, want none", got)
	}
}

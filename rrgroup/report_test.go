package rrgroup

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/balancer"

	"github.com/actorlb/grpclb/tokens"
)

// count asks for the counts of a stream.
func (f *fixture) count(call uint64) string {
	reply := make(chan tokens.Counts, 1)
	f.group.Count(call, reply)
	c := <-reply
	return fmt.Sprintf("started %d finished %d unsent %d received %d dropped %v",
		c.Started, c.Finished, c.FailedToSend, c.KnownReceived, c.Dropped)
}

const nothing = "started 0 finished 0 unsent 0 received 0 dropped []"

// from returns a plan for a list that came on this stream.
func from(call uint64, entries string) *Plan {
	p := list(entries)
	p.Stream = call
	return p
}

func TestReport_Started(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(from(1, "a"))
		f.up("a")
		one, _ := f.hold()
		two, _ := f.hold()
		want(t, "after two picks", f.count(1), "started 2 finished 0 unsent 0 received 0 dropped []")
		want(t, "after nothing more", f.count(1), nothing)
		two.Done(balancer.DoneInfo{}) // gRPC did not use it
		want(t, "after one was taken back", f.count(1), "started -1 finished 0 unsent 0 received 0 dropped []")
		one.Done(answer)
		f.pick()
		want(t, "after the next start", f.count(1), "started 1 finished 2 unsent 0 received 2 dropped []")
	})
}

func TestReport_Finished(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(from(1, "a"))
		f.up("a")
		for _, how := range outcomes {
			r, _ := f.hold()
			r.Done(how)
		}
		want(t, "one of each outcome", f.count(1), "started 3 finished 3 unsent 1 received 1 dropped []")
	})
}

func TestReport_Drops(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(from(1, "a drop:x drop:y drop:x"))
		f.up("a")
		f.picks(8)
		want(t, "after two rounds", f.count(1), "started 8 finished 8 unsent 0 received 2 dropped [{x 4} {y 2}]")
		f.picks(4)
		f.adopt(from(1, "a drop:z"))
		f.picks(2)
		want(t, "after two lists", f.count(1), "started 6 finished 6 unsent 0 received 2 dropped [{x 2} {y 1} {z 1}]")
	})
}

// A balancer that never asks for reports, and has new tokens in every list, costs a
// bounded number of tokens.
func TestReport_DropsOfManyTokens(t *testing.T) {
	core := newCore(nil, Settings{})
	for i := range 3 * untoldTokens {
		core.adopt(from(1, fmt.Sprintf("drop:%d", i)), time.Time{}, 0)
		core.incoming.drops.drop()
		core.incoming.retire(func() {})
		core.ended(core.incoming)
	}
	if n := len(core.ledger.drops); n > untoldTokens+1 {
		t.Errorf("%d tokens are kept", n)
	}
	c := core.ledger.count(1)
	want(t, "dropped calls", c.Finished, 3*untoldTokens)
}

// The memory of long tokens is bounded too. A token may be as long as a message.
func TestReport_DropsOfLongTokens(t *testing.T) {
	core := newCore(nil, Settings{})
	const n = 100
	for i := range n {
		core.adopt(from(1, fmt.Sprintf("drop:%d%s", i, strings.Repeat("x", untoldBytes/10))), time.Time{}, 0)
		g := core.incoming
		_ = g.drops.drop()
		g.retire(func() {})
		core.ended(g)
	}
	if kept := len(core.ledger.drops); kept > 11 {
		t.Errorf("%d tokens of %d KiB are kept", kept, untoldBytes/10/1024)
	}
	want(t, "dropped calls", core.ledger.count(1).Finished, n)
	want(t, "bytes of tokens kept once they are told", core.ledger.bytes, 0)
}

// A caller may hold a picker that gRPC has replaced. A call that this picker would drop is
// dropped by the newer picker, and counted there.
func TestReport_DropsByAnOldPicker(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(from(1, "drop"))
		old := f.Updates()[len(f.Updates())-1].Picker
		f.picks(2)
		f.adopt(from(1, "drop drop"))
		for range 3 {
			if _, err := old.Pick(pickInfo); err != balancer.ErrNoSubConnAvailable {
				t.Errorf("a retired picker returned %v", err)
			}
		}
		f.picks(1)
		want(t, "report", f.count(1), "started 3 finished 3 unsent 0 received 0 dropped [{tdrop 3}]")
	})
}

func TestReport_Scope(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(from(1, "a"))
		f.up("a")
		old, _ := f.hold()
		want(t, "a call that has sent no list", f.count(2), nothing)
		f.adopt(from(2, "a"))
		want(t, "a new call over an equal list", f.count(2), nothing)
		old.Done(answer)
		f.pick()
		want(t, "the call from before is not in it", f.count(2), "started 1 finished 1 unsent 0 received 1 dropped []")
		want(t, "the old call", f.count(1), nothing)
	})
}

// Calls that were in flight when their generation was retired are counted when they end.
func TestReport_ScopeOverLists(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(from(1, "a"))
		f.up("a")
		old, _ := f.hold()
		f.adopt(from(1, "a:x"))
		f.count(1)
		old.Done(answer)
		synctest.Wait()
		want(t, "after the generation drained", f.count(1), "started 0 finished 1 unsent 0 received 1 dropped []")
	})
}

func TestReport_Fallback(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(from(1, "a"))
		f.up("a")
		f.adopt(fallback("b"))
		f.up("b")
		f.picks(5)
		want(t, "after picks in fallback", f.count(1), nothing)
	})
}

// Callers pick and end calls on all processors while reports are made. No report has more
// finished than started calls, and in the end every call is reported.
func TestReport_ExactUnderLoad(t *testing.T) {
	const callers, calls = 4, 20000
	core := newCore(nil, Settings{})
	core.adopt(from(1, "a b c"), time.Time{}, 0)
	g := core.incoming
	var running sync.WaitGroup
	for n := range callers {
		running.Go(func() {
			for i := range calls {
				e := g.entry((n + i) % g.size)
				if r, err := e.Pick(); err == nil {
					r.Done(mixed(i))
				}
			}
		})
	}
	over := make(chan struct{})
	go func() { running.Wait(); close(over) }()

	var sum tokens.Counts
	for stop := false; !stop; {
		select {
		case <-over:
			stop = true
		default:
		}
		news := core.ledger.count(1)
		sum.Started += news.Started
		sum.Finished += news.Finished
		sum.FailedToSend += news.FailedToSend
		sum.KnownReceived += news.KnownReceived
		if sum.Finished > sum.Started {
			t.Fatalf("%d finished of %d started calls", sum.Finished, sum.Started)
		}
	}
	each := int64(callers * calls / 4)
	want(t, "sums", fmt.Sprint(sum), fmt.Sprint(tokens.Counts{
		Started: 4 * each, Finished: 4 * each, FailedToSend: each, KnownReceived: 2 * each,
	}))
}

// mixed returns how the i-th call of a caller ends. Half of the calls are answered.
func mixed(i int) balancer.DoneInfo {
	switch i % 4 {
	case 0:
		return balancer.DoneInfo{BytesSent: true, Err: errors.New("lost")}
	case 1:
		return balancer.DoneInfo{Err: errors.New("not sent")}
	default:
		return answer
	}
}

// Calls in flight may keep a retired list for long. Of its drops, only those that were not
// reported yet are kept.
func TestReport_DropsOfARetiredList(t *testing.T) {
	core := newCore(nil, Settings{})
	core.adopt(from(1, "a drop:x drop:y b drop:z"), time.Time{}, 0)
	g := core.incoming
	for range 5 {
		_ = g.drops.drop()
	}
	want(t, "drops counted", len(core.ledger.count(1).Dropped), 3)
	for range 2 { // a and x once more
		_ = g.drops.drop()
	}
	g.retire(func() {})
	want(t, "drops kept", len(g.untold), 1)
	want(t, "drops counted", len(core.ledger.count(1).Dropped), 1)
	want(t, "drops counted twice", len(core.ledger.count(1).Dropped), 0)
}

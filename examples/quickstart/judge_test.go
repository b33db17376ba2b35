package main

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A trial is a judge whose calls are made up. Its time is in milliseconds.
type trial struct {
	*judge
	t     *testing.T
	start time.Time
	reply chan result
}

// newTrial has two backends share calls by list a since 0 ms.
func newTrial(t *testing.T) *trial {
	r := &trial{t: t, start: time.Now(), reply: make(chan result, 1)}
	r.judge = newJudge(load{callers: 1, calls: 10}, r.start)
	r.set(0, goal{phase: "first", list: "a", shares: map[int]int{1: 1, 2: 1}})
	return r
}

func (r *trial) at(ms int) time.Time { return r.start.Add(time.Duration(ms) * time.Millisecond) }

func (r *trial) set(ms int, g goal) { r.begin(g, r.at(ms)) }

// answered is a call that took from one time to the other.
func (r *trial) answered(from, to, backend int, list string) {
	r.hear(outcome{backend: backend, list: list, began: r.at(from), ended: r.at(to)})
	r.settle(r.at(to))
}

func (r *trial) failed(from, to int, err error) {
	r.hear(outcome{err: err, began: r.at(from), ended: r.at(to)})
	r.settle(r.at(to))
}

// done says that the goal was made so.
func (r *trial) done(ms int) {
	r.judge.reply = r.reply
	r.settle(r.at(ms))
}

func (r *trial) wantRight() {
	r.t.Helper()
	if err := r.totals.wrong.err(); err != nil {
		r.t.Error(err)
	}
}

func (r *trial) wantWrong(text string) {
	r.t.Helper()
	if err := r.totals.wrong.err(); err == nil || !strings.Contains(err.Error(), text) {
		r.t.Errorf("got %v, want %q", err, text)
	}
}

func TestJudge_CountsCallsThatBeganWhenEveryBackendWasReached(t *testing.T) {
	r := newTrial(t)
	r.answered(1, 2, 1, "a")
	r.done(3)
	r.answered(3, 10, 2, "a") // every backend is reached at 10 ms
	r.answered(9, 11, 2, "a") // began before
	for n := range 10 {
		r.answered(20+n, 21+n, 1+n%2, "a")
	}
	r.wantRight()
	got := <-r.reply
	if got.counts[1] != 5 || got.counts[2] != 5 {
		t.Errorf("counted %v, want 5 each", got.counts)
	}
	if got.takeover != 2*time.Millisecond || got.kept {
		t.Errorf("takeover %v, kept %v, want 2ms", got.takeover, got.kept)
	}
}

func TestJudge_SharesOutsideTheirBandAreWrong(t *testing.T) {
	for first, want := range map[int]string{7: "", 8: "b 1: 8 of 10 calls, want 5 ± 2"} {
		r := newTrial(t)
		r.answered(1, 2, 1, "a")
		r.answered(1, 2, 2, "a")
		r.done(3)
		for n := range 10 {
			backend := 1
			if n >= first {
				backend = 2
			}
			r.answered(4+n, 5+n, backend, "a")
		}
		if want == "" {
			r.wantRight()
		} else {
			r.wantWrong(want)
		}
		<-r.reply
	}
}

// Calls that overlap may end in any order, but one that begins when a call has
// gone by the new list must go by it too.
func TestJudge_OldListAfterTheNewOneIsWrong(t *testing.T) {
	r := newTrial(t)
	r.answered(1, 2, 1, "a")
	r.set(10, goal{list: "b", shares: map[int]int{3: 1}})
	r.answered(11, 12, 1, "a") // not there yet
	r.answered(13, 15, 3, "b")
	r.answered(14, 20, 2, "a") // began before that one had ended
	r.wantRight()
	r.answered(16, 17, 2, "a")
	r.wantWrong("answered by b 2 (a)")
}

func TestJudge_CallsThatWentWrong(t *testing.T) {
	unavailable := status.Error(codes.Unavailable, "connection refused")
	for name, test := range map[string]struct {
		happens func(*trial)
		want    string
	}{
		"a backend that is not in the list": {func(r *trial) { r.answered(1, 2, 3, "a") }, "b 3"},
		"a token of no list":                {func(r *trial) { r.answered(1, 2, 1, "x") }, "(x)"},
		"a list before it was set":          {func(r *trial) { r.answered(-2, -1, 1, "a") }, "b 1"},
		"a drop without a drop entry":       {func(r *trial) { r.answered(1, 2, dropped, "") }, "dropped"},
		"a failure":                         {func(r *trial) { r.failed(1, 2, unavailable) }, "connection refused"},
		"another failure in a gap": {func(r *trial) {
			r.set(2, goal{list: "b", gap: true})
			r.failed(3, 4, status.Error(codes.DeadlineExceeded, "late"))
		}, "late"},
		"a failure after a gap": {func(r *trial) {
			r.set(2, goal{list: "b", gap: true, shares: map[int]int{3: 1}})
			r.answered(3, 4, 3, "b")
			r.failed(5, 6, unavailable)
		}, "connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newTrial(t)
			test.happens(r)
			r.wantWrong(test.want)
		})
	}
}

func TestJudge_ExpectedFailuresAreCountedApart(t *testing.T) {
	r := newTrial(t)
	r.set(2, goal{list: "b", shares: map[int]int{dropped: 1, 1: 1}})
	r.answered(3, 4, dropped, "")
	r.set(5, goal{list: "c", shares: map[int]int{3: 1}, gap: true})
	r.failed(6, 7, status.Error(codes.Unavailable, "no backend is READY"))
	r.wantRight()
	if r.totals.dropped != 1 || r.totals.stranded != 1 || r.totals.calls != 2 {
		t.Errorf("got %+v, want one dropped and one stranded of two", r.totals)
	}
}

func TestJudge_TakeoverThatDoesNotHappenEndsThePhase(t *testing.T) {
	r := newTrial(t)
	r.answered(1, 2, 1, "a")
	r.done(3)
	r.timeUp()
	r.settle(r.at(3000))
	got := <-r.reply
	if !got.wrong {
		t.Error("the result says that all is well")
	}
	r.wantWrong("go to 1 of 2 places")
}

func TestTiming(t *testing.T) {
	for want, r := range map[string]result{
		"none":  {kept: true, takeover: time.Second},
		"never": {takeover: -1},
		"1.2ms": {takeover: 1234 * time.Microsecond},
	} {
		if got := r.timing(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestComplaints_OfManyTheFirstAreTold(t *testing.T) {
	var c complaints
	if err := c.err(); err != nil {
		t.Errorf("got %v of nothing", err)
	}
	for n := range 5 {
		c.add("complaint %d", n)
	}
	if got, want := c.err().Error(), `5 things wrong, the first 3: ["complaint 0" "complaint 1" "complaint 2"]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

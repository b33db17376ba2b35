package main

import (
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A judge knows the goals so far and checks calls against them.
type judge struct {
	load   load
	terms  []*term // one a phase; the last is the present one
	reply  chan<- result
	totals totals
}

// A term is the time of a goal: from when it was set to when the first call has gone by the next
// goal.
type term struct {
	goal    goal
	set     time.Time
	taken   time.Time   // the first call to go by it had ended; zero before
	reached map[int]int // how often each backend, or dropped, was seen
	settled time.Time   // all of them were seen, and all is done; zero before
	counts  map[int]int // of calls that began after that
	counted int
	overdue bool
}

// newJudge returns a judge without a goal, for which every call is wrong.
func newJudge(l load, now time.Time) *judge {
	j := &judge{load: l}
	j.begin(goal{}, now)
	return j
}

// begin sets a new goal.
func (j *judge) begin(g goal, now time.Time) {
	j.terms = append(j.terms, &term{goal: g, set: now, reached: map[int]int{}, counts: map[int]int{}})
}

// present returns the term of the present goal.
func (j *judge) present() *term { return j.terms[len(j.terms)-1] }

// hear checks a call. It is right if it went by a goal whose term overlaps the call.
func (j *judge) hear(o outcome) {
	j.totals.calls++
	t := j.present()
	t.count(o, j.load.calls)
	switch {
	case o.err == nil && j.allows(o):
		j.note(o)
	case o.err == nil:
		j.totals.wrong.add("a call was %v, which the list in use does not have it do", o)
	case t.strands(o):
		j.totals.stranded++
	default:
		j.totals.wrong.add("a call failed after %v: %v", o.ended.Sub(o.began), o.err)
	}
}

// allows reports whether a goal that was valid while the call ran expects this end of it. A goal is
// no longer valid for calls that begin after one has gone by the next goal.
func (j *judge) allows(o outcome) bool {
	for i, t := range j.terms {
		over := i+1 < len(j.terms) && j.terms[i+1].before(o.began)
		if t.goal.has(o) && !o.ended.Before(t.set) && !over {
			return true
		}
	}
	return false
}

// note records what a right call shows.
func (j *judge) note(o outcome) {
	if o.backend == dropped {
		j.totals.dropped++
	}
	t := j.present()
	if !t.goal.has(o) || o.ended.Before(t.set) {
		return
	}
	if t.taken.IsZero() {
		t.taken = o.ended
	}
	t.reached[o.backend]++
}

// settle replies to play when the phase has been measured, or can't be.
func (j *judge) settle(now time.Time) {
	if j.reply == nil {
		return
	}
	t := j.present()
	if t.settled.IsZero() && len(t.reached) == len(t.goal.shares) {
		t.settled = now
	}
	if t.counted < j.load.calls && !t.overdue {
		return
	}
	if !t.overdue {
		j.checkShares(t)
	}
	j.totals.counted += t.counts[dropped]
	j.reply <- result{
		goal:     t.goal,
		counts:   t.counts,
		takeover: t.takeover(),
		kept:     t.goal.list == j.terms[len(j.terms)-2].goal.list,
		wrong:    j.totals.wrong.count > 0,
	}
	j.reply = nil
}

// timeUp checks whether the takeover came in time.
func (j *judge) timeUp() {
	if t := j.present(); t.settled.IsZero() {
		t.overdue = true
		j.totals.wrong.add("after %v calls go to %d of %d places that they should go to", takeoverLimit, len(t.reached), len(t.goal.shares))
	}
}

// checkShares compares the counts with the weights. Picks go round the list, so the counted calls
// are consecutive turns, except those in flight at the start and the end: at most one for each
// caller.
func (j *judge) checkShares(t *term) {
	sum := 0
	for _, weight := range t.goal.shares {
		sum += weight
	}
	for n, weight := range t.goal.shares {
		want, play := j.load.calls*weight/sum, 2*j.load.callers
		if got := t.counts[n]; got < want-play || got > want+play {
			j.totals.wrong.add("%s: %d of %d calls, want %d ± %d", placeName(n), got, j.load.calls, want, play)
		}
	}
}

// count counts a call, if it began after counting did and more are needed.
func (t *term) count(o outcome, enough int) {
	if t.settled.IsZero() || o.began.Before(t.settled) || t.counted == enough {
		return
	}
	t.counted++
	if o.err == nil {
		t.counts[o.backend]++
	}
}

func (t *term) takeover() time.Duration {
	if t.taken.IsZero() {
		return -1
	}
	return t.taken.Sub(t.set)
}

// before reports whether a call had gone by this term's goal at that time.
func (t *term) before(at time.Time) bool { return !t.taken.IsZero() && t.taken.Before(at) }

// strands reports whether the call failed in the gap that the goal allows.
func (t *term) strands(o outcome) bool {
	return t.goal.gap && status.Code(o.err) == codes.Unavailable && !t.before(o.began)
}

// has reports whether the goal expects calls to end like this.
func (g goal) has(o outcome) bool {
	return g.shares[o.backend] > 0 && (o.backend == dropped || o.list == g.list)
}

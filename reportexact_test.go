package grpclb_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// Random schedules of calls, lists, fallbacks, backends that stop and balancer
// calls that end, under every child policy: at every moment the reports are a
// sum that can be, and whenever they have had time to arrive it is exactly what
// callers and backends saw. The schedule of a seed is always the same.
func TestReport_Exact(t *testing.T) {
	seeds := []uint64{1, 2, 3, 4, 5, 6, rand.Uint64()}
	for _, name := range slices.Sorted(maps.Keys(childPolicies)) {
		for _, seed := range seeds {
			t.Run(fmt.Sprintf("%s/seed %d", name, seed), func(t *testing.T) {
				inBubble(t, withChild(childPolicies[name]), func(w *world) { newSchedule(w, seed).run(40) })
			})
		}
	}
}

// A schedule is what happens in one of these tests.
type schedule struct {
	clerk
	*rand.Rand
	spare   *lbtest.Backend // to fall back to
	now     *books          // of the call to the balancer that is open
	number  int             // of lists
	last    func()          // sends the list again that was sent last
	talks   []talk          // streaming calls that go on
	stopped *lbtest.Backend
}

// A talk is a streaming call that was answered.
type talk struct {
	*lbtest.Conversation
	cancel context.CancelFunc
	books  *books
}

func newSchedule(w *world, seed uint64) *schedule {
	s := &schedule{
		clerk: clerk{world: w, lists: map[string]*books{}},
		Rand:  rand.New(rand.NewPCG(seed, 0)),
	}
	for n := range 4 {
		s.backends = append(s.backends, w.patient(n+1))
	}
	s.spare = w.patient(5)
	s.open(w.reporting(s.spare))
	return s
}

// run does n things at random and then lets everything come to rest.
func (s *schedule) run(n int) {
	s.newList()
	for range n {
		do := []func(){
			s.calls, s.calls, s.unsent, s.converse, s.converse, s.endTalk, s.inFlight, s.inFlight,
			s.newList, s.newList, s.sameList, s.dropAll, s.fallBack, s.stopOrStart, s.hangUp, s.interrupt, s.check,
		}
		s.follow()
		do[s.IntN(len(do))]()
	}
	for len(s.talks) > 0 {
		s.endTalk()
	}
	s.check()
	if s.now.got.started != s.now.got.finished {
		s.Errorf("at rest the reports come to %v", s.now.got)
	}
}

func (s *schedule) check() {
	s.pause(2 * time.Second)
	s.follow()
	s.audit(s.now, "at a moment")
}

// follow answers the balancer stream by which the client has asked again, if it has
// (stream.ask-again).
func (s *schedule) follow() {
	if over(s.now.call.Ended()) {
		s.close(s.now)
		s.answer()
		s.last()
	}
}

// answer begins the next call to the balancer.
func (s *schedule) answer() {
	c := s.lb.NextWithin(5 * time.Minute)
	c.Initial(time.Second)
	s.open(c)
	synctest.Wait()
}

// open begins the books of a call to the balancer.
func (s *schedule) open(c *lbtest.Call) { s.now = &books{call: c} }

func (s *schedule) calls() {
	for range s.IntN(10) {
		s.serving()
	}
}

// unsent makes a call of which nothing is sent.
func (s *schedule) unsent() {
	token := s.serving()
	if token == "" {
		return
	}
	if _, err := s.unary(grpc.PerRPCCredentials(unsendable{})); isDrop(err) {
		s.dropped(token, 1)
	} else {
		s.record(token, tally{started: 1, finished: 1, unsent: 1})
	}
}

// converse begins a streaming call.
func (s *schedule) converse() {
	token := s.serving()
	if token == "" {
		return
	}
	ctx, cancel := context.WithCancel(s.Context())
	c, err := s.ch.Converse(ctx)
	if isDrop(err) {
		s.dropped(token, 1)
		cancel()
		return
	}
	answer, err := c.Ask()
	if err != nil || answer.Token != token {
		s.Errorf("a streaming call has the answer %v, error %v; want the token %s", answer, err, token)
	}
	s.talks = append(s.talks, talk{c, cancel, s.record(token, tally{started: 1})})
}

// endTalk ends a streaming call: it is over, or given up, or its backend has
// ended it.
func (s *schedule) endTalk() {
	if len(s.talks) == 0 {
		return
	}
	i := s.IntN(len(s.talks))
	t := s.talks[i]
	s.talks = slices.Delete(s.talks, i, i+1)
	if s.IntN(2) == 0 {
		t.cancel()
	}
	_ = t.End()
	t.cancel()
	t.books.add(tally{finished: 1, received: 1})
}

// inFlight has calls wait for their answers while other things happen. Then
// some are given up, some come to their deadline, and the rest is answered.
func (s *schedule) inFlight() {
	token := s.serving()
	if token == "" {
		return
	}
	var held []*heldCall
	s.hold(true)
	for range 1 + s.IntN(4) {
		if h := s.holdOne(token); h != nil {
			held = append(held, h)
		}
	}
	[]func(){func() {}, s.newList, s.sameList, s.fallBack, s.hangUp, s.interrupt, s.check}[s.IntN(7)]()
	for _, h := range held {
		if s.IntN(2) == 0 {
			h.cancel()
			<-h.done
		}
	}
	if s.IntN(2) == 0 {
		s.pause(time.Minute) // the deadline of all
	}
	s.hold(false)
	for _, h := range held {
		<-h.done
		h.cancel()
		if h.err == nil {
			h.books.add(tally{finished: 1, received: 1})
		} else {
			h.books.add(tally{finished: 1})
		}
	}
}

// A heldCall waits at a backend.
type heldCall struct {
	*parked
	cancel context.CancelFunc
	books  *books
}

// holdOne begins a call that a backend holds, by the list with this token. It
// returns nil if the call was dropped.
func (s *schedule) holdOne(token string) *heldCall {
	before := s.arrivals()
	ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
	p := s.begin(ctx)
	switch arrived := s.arrived(before); {
	case arrived == token:
		return &heldCall{p, cancel, s.record(token, tally{started: 1})}
	case arrived == "" && over(p.done) && isDrop(p.err):
		s.dropped(token, 1)
	default:
		s.Errorf("a call arrives with the token %q, want %q; over: %v", arrived, token, over(p.done))
	}
	cancel()
	<-p.done
	return nil
}

func (s *schedule) hold(on bool) {
	for _, b := range s.backends {
		if on {
			b.Hold()
		} else {
			b.Release()
		}
	}
	synctest.Wait()
}

func (s *schedule) arrivals() (counts []int) {
	for _, b := range s.backends {
		counts = append(counts, b.Calls())
	}
	return counts
}

// arrived returns the token of the call that has arrived since.
func (s *schedule) arrived(before []int) string {
	for i, b := range s.backends {
		if tokens := b.Tokens(); len(tokens) > before[i] {
			return tokens[before[i]]
		}
	}
	return ""
}

// newList sends a list of some backends, of which one may be there twice.
func (s *schedule) newList() {
	some := make([]*lbtest.Backend, 1+s.IntN(4))
	for i := range some {
		some[i] = s.backends[s.IntN(len(s.backends))]
	}
	s.sendList(some...)
}

func (s *schedule) sendList(some ...*lbtest.Backend) {
	s.number++
	n, drops := s.number, s.IntN(3)
	s.last = func() {
		s.lists[fmt.Sprint("L", n)] = s.now
		s.list(s.now.call, entries(n, drops, some...)...)
	}
	s.last()
}

// sameList sends the last list again, on this call or for the first time on it.
func (s *schedule) sameList() { s.last() }

// dropAll sends a list of drops alone, and after it one that takes over at once.
func (s *schedule) dropAll() {
	s.number++
	token := fmt.Sprint("L", s.number)
	s.lists[token] = s.now
	s.list(s.now.call, entries(s.number, 1+s.IntN(3))...)
	for range s.IntN(4) {
		if _, err := s.unary(); isDrop(err) {
			s.dropped(token, 1)
		} else {
			s.Errorf("a call by a list of drops alone comes to %v", err)
		}
	}
	s.sendList(s.backends...)
}

func (s *schedule) fallBack() {
	s.now.call.Fallback()
	s.rouse()
	if answer, err := s.unary(); err != nil || answer.Backend != s.spare.Number {
		s.Errorf("a call in fallback has the answer %v, error %v", answer, err)
	}
}

// stopOrStart stops a backend, with what is under way there, or starts it again.
func (s *schedule) stopOrStart() {
	if s.stopped != nil {
		s.stopped.Restart()
		s.stopped = nil
		s.pause(time.Duration(s.IntN(3)) * time.Second)
		return
	}
	s.stopped = s.backends[s.IntN(len(s.backends))]
	s.stopped.Stop()
	synctest.Wait()
	s.lose()
}

// lose enters the streaming calls that were lost.
func (s *schedule) lose() {
	s.talks = slices.DeleteFunc(s.talks, func(t talk) bool {
		if _, err := t.Ask(); err == nil {
			return false
		}
		t.cancel()
		t.books.add(tally{finished: 1, received: 1})
		return true
	})
}

// hangUp ends the call to the balancer when all has been reported.
func (s *schedule) hangUp() {
	s.check()
	s.interrupt()
}

// interrupt ends it in the middle.
func (s *schedule) interrupt() {
	s.now.call.HangUp(errors.New("restart"))
	s.close(s.now)
	s.answer()
	if s.IntN(2) == 0 {
		s.newList()
	}
}

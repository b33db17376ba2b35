package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"time"

	"google.golang.org/grpc/codes"
)

// backWithin is how soon calls are answered again after what they need can be
// reached again.
const backWithin = 2 * time.Second

// A phase is a part of the run that has promises of its own.
type phase struct {
	name   string
	share  int // of the run's length, in sixtieths
	manner manner
	exact  bool // all calls go by the lists of one call to a balancer
	play   func(*player, time.Duration) error
	judge  func(*player, *record) // of the failed calls
}

// steady is how calls are made where none may fail: the deadline is only there
// to end a call that hangs. Where servers go away, it is as short as calls to
// one that is in a black hole should take.
var (
	eager   = manner{limit: 30 * time.Second}
	steady  = manner{pace: 4 * time.Millisecond, limit: 30 * time.Second}
	hurried = manner{pace: 5 * time.Millisecond, limit: time.Second, patient: true}
)

func phases() []phase {
	return []phase{
		{"lists", 12, eager, true, (*player).playLists, (*player).judgeNone},
		{"removal", 8, steady, false, (*player).playRemoval, (*player).judgeNone},
		{"balancers", 9, steady, false, (*player).playBalancers, (*player).judgeNone},
		{"everything", 31, hurried, false, (*player).playEverything, (*player).judgeOutages},
	}
}

// hangs is how long after its deadline a call must be over.
const hangs = 5 * time.Second

// run plays a phase and prints its result. An error means that it could not be
// played.
func (p *player) run(number int, ph phase) error {
	p.source = source{rand.New(rand.NewPCG(p.options.seed, uint64(2*number+1)))}
	p.wrong = faulty{}
	p.record = record{codes: make(map[codes.Code]int), lists: make(map[int]struct{})}
	began, lists, faults := time.Now(), p.fleet.lists, len(p.diary)
	p.say("phase %s", ph.name)
	p.callers = startCallers(p.client.conn, ph.manner)
	err := ph.play(p, p.options.length*time.Duration(ph.share)/60)
	if !p.stopCallers(ph.manner.limit + hangs) {
		stacks := make([]byte, 1<<20)
		p.say("%s", stacks[:runtime.Stack(stacks, true)])
		return errors.Join(err, fmt.Errorf("phase %s, seed %d: a call hangs, %v after its deadline", ph.name, p.options.seed, hangs))
	}
	if err != nil {
		return err
	}
	if err := p.checkSubConns(); err != nil {
		return err
	}
	r := &p.record
	ph.judge(p, r)
	if ph.exact {
		p.checkReports()
	}
	for len(p.books.wrong) > 0 {
		p.wrong.add("%s", <-p.books.wrong)
	}
	fmt.Fprintf(p.options.out, "%-10s  %7d calls, %6d of them streaming, %5d failed %v; %4d lists, calls went by %d; %3d faults; %d calls in fallback; slowest %v; the process stood still for %v\n",
		ph.name, r.all, r.streams, len(r.failed), r.codes, p.fleet.lists-lists, len(r.lists), len(p.diary)-faults, r.fallback,
		r.slowest.Round(time.Millisecond), p.pulse.stalled(began, time.Now()).Round(time.Millisecond))
	return nil
}

// checkSubConns holds, when calls go by a list of all backends and nothing else
// has happened for a moment, that each of them has one SubConn, that those of
// fallback servers are gone, and that there is one channel to the balancers.
func (p *player) checkSubConns() error {
	want := headCount{channels: 1, nested: 1, subConns: backendCount}
	got, err := p.counted(want)
	if got != want {
		p.wrong.add("gRPC has %+v of the channel, want %+v", got, want)
	}
	return err
}

// checkReports holds, after calls that all went by the lists of one call to a
// balancer, that its reports have all calls.
func (p *player) checkReports() {
	for end := time.Now().Add(goneWithin); p.books.started.Load() != p.books.attempts.Load(); p.wait(reportInterval) {
		if time.Now().After(end) {
			p.wrong.add("the load reports have %d calls, and there were %d", p.books.started.Load(), p.books.attempts.Load())
			return
		}
	}
}

// judgeNone is for phases in which no call may fail.
func (p *player) judgeNone(r *record) {
	for _, o := range r.failed {
		p.complain(o, "no call may fail")
	}
	if n := r.fallback; n > 0 {
		p.wrong.add("%d calls were answered by fallback servers, though the list's backends were there", n)
	}
}

// judgeOutages is for the phase in which servers go away. See the package's doc
// for what an outage is.
func (p *player) judgeOutages(r *record) {
	for _, o := range r.failed {
		if why := p.unexplained(o); why != "" {
			p.complain(o, why)
		}
	}
	for code, n := range r.codes {
		if code != codes.Unavailable && code != codes.DeadlineExceeded {
			p.wrong.add("%d calls failed with %v", n, code)
		}
	}
}

// calm puts everything right and announces a list of all backends, by which
// calls must go in time. Then it is quiet, for a while in which no call may fail.
func (p *player) calm(quiet time.Duration) error {
	if err := p.endAll(); err != nil {
		return err
	}
	number, err := p.fleet.announce(allBackends())
	if err != nil {
		return err
	}
	began := time.Now()
	o, ok := p.await(number, began, backWithin)
	if !ok {
		p.wrong.add("no call went by list %d within %v of all servers being well (%s)", number, backWithin, p.at(began))
		return nil
	}
	p.back(began, o.ended, fmt.Sprintf("list %d is taken up", number))
	p.wait(quiet)
	return nil
}

// back notes that calls are answered since ended, of those that waited for
// something since began. From then on they have a backend that is ready, until
// one is taken away.
func (p *player) back(began, ended time.Time, what string) {
	took := ended.Sub(began)
	p.slowest = max(p.slowest, took)
	p.say("%s after %v", what, took.Round(time.Millisecond))
	if p.ready.IsZero() {
		p.ready = ended
	}
}

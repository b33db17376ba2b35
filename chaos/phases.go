package main

import (
	"errors"
	"fmt"
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
	judge  func(*player, record) // of the failed calls
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

// A result is what a phase came to.
type result struct {
	phase   string
	record  record
	lists   int
	faults  int
	stalled time.Duration // see pulse
	wrong   []string
}

// run plays a phase. An error means that it could not be played.
func (p *player) run(number int, ph phase) (result, error) {
	p.source = newSource(p.options.seed, uint64(2*number+1))
	p.wrong = faulty{}
	began := time.Now()
	lists, faults := p.fleet.lists, len(p.diary.entries)
	p.say("phase %s", ph.name)

	calls := startCallers(p.client.conn, ph.manner, p.tally.outcomes)
	p.callers = calls
	err := ph.play(p, p.options.length*time.Duration(ph.share)/60)
	if !calls.stop(ph.manner.limit + hangs) {
		p.dump()
		return result{}, errors.Join(err, fmt.Errorf("phase %s, seed %d: a call hangs, %v after its deadline", ph.name, p.options.seed, hangs))
	}
	if err == nil { // else it ended anywhere
		err = p.checkSubConns()
	}
	r := result{phase: ph.name, record: p.tally.harvest(), lists: p.fleet.lists - lists, faults: len(p.diary.entries) - faults}
	r.stalled = p.pulse.stalled(began, time.Now())
	ph.judge(p, r.record)
	if ph.exact {
		p.checkReports()
	}
	p.checkBooks()
	r.wrong = p.wrong.lines()
	return r, err
}

// dump writes what every goroutine is doing into the log.
func (p *player) dump() {
	all := make([]byte, 1<<20)
	p.say("%s", all[:runtime.Stack(all, true)])
}

// hangs is how long after its deadline a call must be over.
const hangs = 5 * time.Second

// judgeNone is for phases in which no call may fail.
func (p *player) judgeNone(r record) {
	for _, o := range r.failed {
		p.complain(o, "no call may fail")
	}
	if n := r.fallback; n > 0 {
		p.wrong.add("%d calls were answered by fallback servers, though the list's backends were there", n)
	}
}

// judgeOutages is for the phase in which servers go away. See the package's doc
// for what an outage is.
func (p *player) judgeOutages(r record) {
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

// checkBooks takes over what the load reports have shown to be wrong.
func (p *player) checkBooks() {
	for _, line := range p.books.sum().wrong.lines() {
		p.wrong.add("%s", line)
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
	o, ok := p.await(p.tally.watch(number, began), began, backWithin)
	if !ok {
		p.wrong.add("no call went by list %d within %v of all servers being well (%s)", number, backWithin, p.diary.at(began))
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

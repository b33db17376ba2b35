package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/actorlb/grpclb/chaos/proxy"
)

// A kind is what can be wrong with a server.
type kind int

const (
	stopped   kind = iota // its connections are cut and new ones refused; what it knew is lost
	cut                   // its connections are cut, once
	holed                 // a black hole
	delayed               // bytes take longer
	throttled             // few bytes a second
	replaced              // a balancer gets another address, of which the resolver is told
	reordered             // the resolver names the balancers in another order, and this one not
)

var kindNames = map[kind]string{
	stopped: "stopped", cut: "cut", holed: "in a black hole", delayed: "delayed",
	throttled: "throttled", replaced: "replaced", reordered: "not resolved",
}

// takesAway reports whether calls to the server may fail of it. A slow server
// is no reason to fail.
func (k kind) takesAway() bool { return k == stopped || k == cut || k == holed }

// A target is the server that a fault is for: a number of all servers or
// inContact.
type target int

// inContact is the balancer that the channel is talking to when the fault
// begins.
const inContact target = -1

// A fault is one thing that goes wrong and, unless it is a cut, is put right
// again.
type fault struct {
	at     time.Duration // from the beginning of the phase, or of the round
	kind   kind
	target target
	lasts  time.Duration
	delay  time.Duration // if it is delayed
	rate   int           // if it is throttled, bytes a second
}

func (f fault) String() string {
	what := fmt.Sprintf("%7s %s %s", seconds(f.at), f.target, kindNames[f.kind])
	switch f.kind {
	case delayed:
		what += fmt.Sprintf(" by %v", f.delay)
	case throttled:
		what += fmt.Sprintf(" to %d KiB/s", f.rate>>10)
	}
	if f.lasts > 0 {
		what += " for " + seconds(f.lasts)
	}
	return what
}

func (t target) String() string {
	if t == inContact {
		return "the balancer in contact"
	}
	return nameOf(int(t))
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2fs", d.Seconds()) }

// A source draws what happens. The seed and the number of the phase determine
// it, so that a seed that found something can be played again. When exactly
// things happen to calls is not ours to say.
type source struct{ *rand.Rand }

// between draws a time in milliseconds, so that it can be printed.
func (s source) between(least, most time.Duration) time.Duration {
	span := int((most - least) / time.Millisecond)
	return least + time.Duration(s.IntN(span+1))*time.Millisecond
}

// list draws a list of some of these backends, in any order, one in four of them
// twice.
func (s source) list(backends []int) (drawn []int) {
	order := s.Perm(len(backends))
	for _, i := range order[:1+s.IntN(len(order))] {
		drawn = append(drawn, backends[i])
		if s.IntN(4) == 0 {
			drawn = append(drawn, backends[i])
		}
	}
	s.Shuffle(len(drawn), func(i, j int) { drawn[i], drawn[j] = drawn[j], drawn[i] })
	return drawn
}

// A menu is what faults are drawn from.
type menu struct {
	targets []target
	kinds   []kind
	every   time.Duration // a fault begins so often on average
	longest time.Duration
}

// faults draws the faults of a stretch of time, by when they begin. All of them
// end within it, and a server has one at a time; inContact counts as a server.
// A server gets slower by a few times what a call takes, but not so much that a
// call in good time would miss its deadline.
func (s source) faults(m menu, length time.Duration) (all []fault) {
	free := make(map[target]time.Duration) // when it has none any more
	for at := s.between(0, m.every); at < length*9/10; at += s.between(m.every/2, m.every*3/2) {
		f := fault{at: at, kind: m.kinds[s.IntN(len(m.kinds))], target: m.targets[s.IntN(len(m.targets))]}
		f.lasts = min(s.between(m.longest/10, m.longest), length-at)
		switch f.kind {
		case cut:
			f.lasts = 0
		case delayed:
			f.delay = s.between(2*time.Millisecond, 30*time.Millisecond)
		case throttled:
			f.rate = (128 + s.IntN(512)) << 10
		case replaced, reordered:
			if f.target != inContact && !isBalancer(int(f.target)) {
				continue
			}
		}
		if at >= free[f.target] {
			free[f.target] = at + f.lasts + time.Millisecond
			all = append(all, f)
		}
	}
	return all
}

// An entry of the diary is a fault that befell a server.
type entry struct {
	fault  fault
	server int       // the number of the target
	began  time.Time // before anything was done
	until  time.Time // when it is to end
	ended  time.Time // after everything was put right; zero until then
}

// begin has a fault befall a server, unless the server has one already, or no
// balancer is in contact and the fault is for that.
func (p *player) begin(f fault) error {
	i := int(f.target)
	if f.target == inContact {
		contact := p.books.contact()
		if contact < 0 {
			return nil
		}
		i = firstBalancer + contact
	}
	if p.active[i] != nil {
		return nil
	}
	now := time.Now()
	if f.kind.takesAway() && !isBalancer(i) {
		p.disturb(now)
	}
	e := &entry{fault: f, server: i, began: now, until: now.Add(f.lasts)}
	p.diary = append(p.diary, e)
	p.active[i] = e
	p.say("%s: %s", nameOf(i), kindNames[f.kind])
	err := p.inflict(f, i)
	if f.kind == cut || f.kind == replaced { // once is all
		err = errors.Join(err, p.end(e))
	}
	return err
}

func (p *player) inflict(f fault, i int) (err error) {
	s := p.fleet.servers[i]
	switch f.kind {
	case stopped:
		err = s.stop()
	case cut:
		s.proxy.Cut()
	case holed, delayed, throttled:
		s.proxy.Set(proxy.Weather{Hole: f.kind == holed, Delay: f.delay, Rate: f.rate})
	case replaced:
		err = s.move()
		p.client.resolve(p.fleet.resolved(0))
	case reordered:
		b := i - firstBalancer
		if p.fleet.unnamed[b] = true; len(p.fleet.unnamed) == balancerCount {
			delete(p.fleet.unnamed, b) // one must be named
		}
		p.client.resolve(p.fleet.resolved(b + 1))
	}
	return err
}

// end puts a fault right.
func (p *player) end(e *entry) (err error) {
	switch e.fault.kind {
	case stopped:
		err = p.fleet.start(e.server)
	case holed, delayed, throttled:
		p.fleet.servers[e.server].proxy.Set(proxy.Weather{})
	case reordered:
		delete(p.fleet.unnamed, e.server-firstBalancer)
		p.client.resolve(p.fleet.resolved(0))
	}
	delete(p.active, e.server)
	e.ended = time.Now()
	p.say("%s: well again", nameOf(e.server))
	return err
}

// endAll puts everything right that is not, in the order of the servers.
func (p *player) endAll() error { return p.endDue(time.Time{}) }

// endDue puts right what is due; a zero now means everything.
func (p *player) endDue(now time.Time) (err error) {
	for i := range serverCount {
		if e := p.active[i]; e != nil && (now.IsZero() || !now.Before(e.until)) {
			err = errors.Join(err, p.end(e))
		}
	}
	return err
}

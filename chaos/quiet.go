package main

import (
	"fmt"
	"slices"
	"time"
)

// The first three phases, in which no call may fail.

const (
	// listsEvery is how often lists change in the phase named after them.
	listsEvery = 20 * time.Millisecond

	// patience is how many times its length that phase may take to get its calls.
	patience = 10

	// stopAfter is how long after a list without them is taken up backends stop.
	stopAfter = time.Second
)

// playLists changes the list every 20 ms, and nothing else, until there have been
// enough calls. Then the load reports must have exactly the calls that were made: all
// went by lists, on one call to one balancer.
func (p *player) playLists(length time.Duration) error {
	began := time.Now()
	for more := length; more > 0; more = length / 10 {
		if err := p.play(nil, listsEvery, more); err != nil {
			return err
		}
		if p.record.all >= p.options.calls {
			break
		}
		if now := time.Now(); now.Sub(began)-p.pulse.stalled(began, now) > patience*length {
			p.wrong.add("%d calls were made in %v, %d were to be", p.record.all, now.Sub(began), p.options.calls)
			break
		}
	}
	return p.calm(0)
}

// playRemoval announces lists of some backends, and stops the others a second
// after a call has gone by such a list.
func (p *player) playRemoval(length time.Duration) error {
	end := time.Now().Add(length)
	for first := true; first || time.Now().Before(end); first = false {
		if err := p.remove(); err != nil {
			return err
		}
	}
	return p.calm(0)
}

func (p *player) remove() error {
	keep := p.source.list(p.source.Perm(backendCount)[1:]) // one goes at least
	began := time.Now()
	number, err := p.fleet.announce(keep)
	if err != nil {
		return err
	}
	taken, ok := p.await(number, began, backWithin)
	if !ok {
		p.wrong.add("no call went by list %d within %v, and its backends are well", number, backWithin)
		return nil
	}
	p.back(began, taken.ended, fmt.Sprintf("list %d of %d entries is taken up", number, len(keep)))
	p.wait(time.Until(taken.ended.Add(stopAfter)))
	// A call is over in 0.1 s. Where the machine makes one of those that began
	// before the list last for more than the second, it is waited for: a backend
	// owes it to the calls that it has to let them end.
	for p.callers.beganBefore(taken.ended) {
		p.say("a call that began before list %d is in flight", number)
		p.wait(stopAfter / 100)
	}
	for i := range backendCount {
		if slices.Contains(keep, i) {
			continue
		}
		if err := p.begin(fault{kind: stopped, target: target(i), lasts: time.Hour}); err != nil {
			return err
		}
	}
	p.wait(300 * time.Millisecond)
	return p.endAll()
}

// playBalancers takes balancers away in every way, that in contact above all,
// while lists go on to change.
func (p *player) playBalancers(length time.Duration) error {
	faults := p.draw(menu{
		targets: []target{inContact, inContact, inContact, firstBalancer, firstBalancer + 1, firstBalancer + 2},
		kinds:   []kind{stopped, cut, holed, delayed, throttled, replaced, reordered},
		every:   80 * time.Millisecond,
		longest: min(800*time.Millisecond, length/4),
	}, length)
	if err := p.play(faults, 100*time.Millisecond, length); err != nil {
		return err
	}
	return p.calm(200 * time.Millisecond)
}

// draw draws faults and writes them into the log.
func (p *player) draw(m menu, length time.Duration) []fault {
	faults := p.source.faults(m, length)
	p.say("drawn: %d faults in %s", len(faults), seconds(length))
	for _, f := range faults {
		p.say("    %s", f)
	}
	return faults
}

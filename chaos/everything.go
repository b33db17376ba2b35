package main

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// The last phase is played in rounds. Each begins with a storm, in which
// anything may happen to anything. When all is well again some of the servers are
// taken away together (the dark), and after a while the first that calls can
// be served with is put right (the light). Then the rest is.

// A night is which servers go and which of them come back first.
type night struct {
	name    string
	goes    func(i int) bool
	returns []func(i int) bool // of each the first one drawn
}

func isBackend(i int) bool  { return i < firstFallback }
func isFallback(i int) bool { return !isBackend(i) && !isBalancer(i) }

var nights = []night{
	// The balancers have been lost with no backend ready, so calls go to fallback.
	{"everything goes, a fallback server is the first to return",
		func(int) bool { return true }, []func(int) bool{isFallback}},
	{"everything goes, a balancer and a backend are the first to return",
		func(int) bool { return true }, []func(int) bool{isBalancer, isBackend}},
	// A balancer stays in contact: there is no fallback then (rule fallback.lost).
	{"the backends go, one is the first to return", isBackend, []func(int) bool{isBackend}},
	// It is light from the beginning.
	{"backends and balancers go, the fallback servers stay",
		func(i int) bool { return !isFallback(i) }, nil},
}

// A round is what one of them is to be.
type round struct {
	storm  []fault
	length time.Duration // of the storm
	night  night
	dark   time.Duration
	order  []int // of the servers, in which the first fit one is taken
}

// storms is what may happen in one.
func storms() menu {
	m := menu{
		kinds:   []kind{stopped, stopped, cut, cut, holed, delayed, throttled, replaced, reordered},
		targets: []target{inContact},
		every:   60 * time.Millisecond,
		longest: time.Second,
	}
	for i := range serverCount {
		m.targets = append(m.targets, target(i))
	}
	return m
}

// playEverything plays rounds of the kinds of night in turn, beginning with a
// drawn one, and in a long run one round with a long black hole before them.
func (p *player) playEverything(length time.Duration) error {
	end := time.Now().Add(length)
	if length > found+10*time.Second {
		if err := p.playHole(); err != nil {
			return err
		}
	}
	kind := p.source.IntN(len(nights))
	for first := true; first || time.Now().Add(length/8).Before(end); first = false {
		if err := p.playRound(p.drawRound(nights[kind%len(nights)], length)); err != nil {
			return err
		}
		kind++
	}
	p.disturb(time.Now())
	return nil
}

func (p *player) drawRound(n night, length time.Duration) round {
	r := round{length: min(2*time.Second, length/4), night: n}
	r.storm = p.draw(storms(), r.length)
	r.dark = p.source.between(50*time.Millisecond, min(time.Second, length/8))
	r.order = p.source.Perm(serverCount)
	p.say("drawn: %s, after %s", n.name, seconds(r.dark))
	return r
}

func (p *player) playRound(r round) error {
	quiet := min(400*time.Millisecond, r.length/4)
	if err := p.play(r.storm, 50*time.Millisecond, r.length); err != nil {
		return err
	}
	if err := p.calm(quiet); err != nil {
		return err
	}
	light, err := p.fall(r)
	if err != nil {
		return err
	}
	o, ok := p.await(anyList, light, backWithin)
	if !ok {
		p.wrong.add("no call was answered within %v of %s (%s)", backWithin, p.at(light), r.night.name)
	} else {
		p.back(light, o.ended, "calls are answered again")
		p.wait(quiet)
	}
	return p.calm(quiet)
}

// fall has the night fall and returns when it was light again: when the first
// servers had come back.
func (p *player) fall(r round) (light time.Time, err error) {
	for i := range serverCount {
		if r.night.goes(i) {
			err = errors.Join(err, p.begin(fault{kind: stopped, target: target(i), lasts: time.Hour}))
		}
	}
	if len(r.night.returns) > 0 {
		p.wait(r.dark)
	}
	for _, fits := range r.night.returns {
		err = errors.Join(err, p.end(p.active[r.order[slices.IndexFunc(r.order, fits)]]))
	}
	return time.Now(), err
}

// playHole puts a backend and the balancer in contact into black holes, for
// longer than it takes to find that out. Then calls no longer go to the backend,
// and another balancer is listened to.
func (p *player) playHole() error {
	victim := target(p.source.IntN(backendCount))
	if err := p.calm(0); err != nil {
		return err
	}
	for _, t := range []target{victim, inContact} {
		if err := p.begin(fault{kind: holed, target: t, lasts: time.Hour}); err != nil {
			return err
		}
	}
	began := time.Now()
	p.ready = began // the other backends are
	p.wait(time.Until(began.Add(found)))
	number, err := p.fleet.announce(allBackends())
	if err != nil {
		return err
	}
	o, ok := p.await(number, began.Add(found), backWithin)
	if !ok {
		p.wrong.add("no call went by list %d within %v of when the black hole of a balancer must have been found out", number, backWithin)
	} else {
		p.back(began.Add(found), o.ended, fmt.Sprintf("list %d is taken up, from another balancer,", number))
	}
	p.wait(settling + hurried.limit)
	return p.calm(0)
}

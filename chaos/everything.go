package main

import (
	"fmt"
	"time"
)

// The last phase is played in rounds. Each begins with a storm, in which
// anything may happen to anything. When all is well again some of the servers are
// taken away together (the dark), and after a while the first that calls can
// be served with is put right (the light). Then the rest is.

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
	kind := p.source.IntN(int(nights))
	for first := true; first || time.Now().Add(length/8).Before(end); first = false {
		if err := p.playRound(p.drawRound(night(kind%int(nights)), length)); err != nil {
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
	p.say("drawn: %s, after %s", nightNames[n], seconds(r.dark))
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
	o, ok := p.await(p.tally.watch(anyList, light), light, backWithin)
	if !ok {
		p.wrong.add("no call was answered within %v of %s (%s)", backWithin, p.diary.at(light), nightNames[r.night])
	} else {
		p.back(light, o.ended, "calls are answered again")
		p.wait(quiet)
	}
	return p.calm(quiet)
}

// fall has the night fall and returns when it was light again: when the first
// servers had come back.
func (p *player) fall(r round) (light time.Time, err error) {
	for _, i := range r.night.goes() {
		if err := p.begin(fault{kind: stopped, target: target(i), lasts: time.Hour}); err != nil {
			return light, err
		}
	}
	if r.night == nightLost {
		return time.Now(), nil
	}
	p.wait(r.dark)
	for _, i := range r.night.returns(r.order) {
		if err := p.end(p.active[i]); err != nil {
			return light, err
		}
	}
	return time.Now(), nil
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
	o, ok := p.await(p.tally.watch(number, began), began.Add(found), backWithin)
	if !ok {
		p.wrong.add("no call went by list %d within %v of when the black hole of a balancer must have been found out", number, backWithin)
	} else {
		p.back(began.Add(found), o.ended, fmt.Sprintf("list %d is taken up, from another balancer,", number))
	}
	p.wait(settling + hurried.limit)
	return p.calm(0)
}

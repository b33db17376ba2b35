package main

import (
	"errors"
	"time"

	"github.com/actorlb/grpclb/chaos/proxy"
)

// begin has a fault befall a server, unless it has one already or there is none:
// which balancer is in contact, only the run can tell.
func (p *player) begin(f fault) error {
	i := int(f.target)
	if f.target == inContact {
		contact := p.books.sum().contact
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
	p.diary.entries = append(p.diary.entries, e)
	p.active[i] = e
	p.say("%s: %s", nameOf(i), kindNames[f.kind])
	err := p.inflict(f, i)
	if f.kind == cut || f.kind == replaced { // once is all
		err = errors.Join(err, p.end(e))
	}
	return err
}

func (p *player) inflict(f fault, i int) error {
	switch f.kind {
	case stopped:
		return p.fleet.stop(i)
	case cut:
		p.fleet.site(i).proxy.Cut()
	case holed, delayed, throttled:
		p.fleet.site(i).proxy.Set(f.weather())
	case replaced:
		err := p.fleet.site(i).move()
		p.client.resolve(p.fleet.resolved(0))
		return err
	case reordered:
		b := i - firstBalancer
		if p.fleet.unnamed[b] = true; len(p.fleet.unnamed) == balancerCount {
			delete(p.fleet.unnamed, b) // one must be named
		}
		p.client.resolve(p.fleet.resolved(b + 1))
	}
	return nil
}

// end puts a fault right.
func (p *player) end(e *entry) (err error) {
	switch e.fault.kind {
	case stopped:
		err = p.fleet.start(e.server)
	case holed, delayed, throttled:
		p.fleet.site(e.server).proxy.Set(proxy.Weather{})
	case reordered:
		delete(p.fleet.unnamed, e.server-firstBalancer)
		p.client.resolve(p.fleet.resolved(0))
	}
	delete(p.active, e.server)
	e.ended = time.Now()
	if e.fault.kind != cut && e.fault.kind != replaced {
		p.say("%s: well again", nameOf(e.server))
	}
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

package lbresolver

import "time"

// patience is how long the channel's first news wait for what is still being
// looked up, once there is something to tell. Most answers of DNS come within
// that; one that comes later is told then.
const patience = time.Second

// A core decides what the channel is told and when to ask DNS. It is told events
// and the time; it has no goroutine, channel or clock.
type core struct {
	// Fixed.
	target  target
	figures figures
	seed    seed
	own     *serviceConfig // for want of one in DNS; nil: there is to be none at all

	// What to ask.
	balancing, addressing, configuring, telling question

	// What is known.
	lists     book // balancers
	service   book // the service's own addresses
	balancers []balancer
	addresses []string
	config    *serviceConfig // the last that DNS had

	// What the channel was told.
	begun  bool
	tellBy time.Time // the first news wait for nothing any more; zero is never
	last   view
	retell bool // it refused that, and is to be told again
}

// newCore returns a core that wants to look for everything that is of use.
func newCore(t target, f figures, own *serviceConfig) *core {
	c := &core{target: t, figures: f, own: own,
		balancing:   newQuestion(t.asksForBalancers()),
		addressing:  newQuestion(t.fallback && !t.service.isIP()),
		configuring: newQuestion(own != nil && !own.fixed && !t.service.isIP()),
		telling:     question{used: true, answered: true},
	}
	// What needs no DNS is known.
	c.lists.hear(answer{places: t.given()}, time.Time{})
	if t.fallback {
		c.service.hear(answer{places: t.own()}, time.Time{})
	}
	c.list()
	return c
}

// looks returns the questions for DNS.
func (c *core) looks() []*question {
	return []*question{&c.balancing, &c.addressing, &c.configuring}
}

// want is told that the channel would like to know better.
func (c *core) want() {
	for _, q := range c.looks() {
		q.want()
	}
}

// list notes what the books come to.
func (c *core) list() {
	c.balancers = c.seed.inOrder(&c.lists, len(c.target.balancers) > 0)
	c.addresses = c.service.addrs()
}

// heard is told what a look-up for balancers has come to while it goes on:
// something is known, and the rest is late.
func (c *core) heard(now time.Time, a answer) {
	c.lists.hear(a, now.Add(c.figures.keep))
	c.list()
	c.tellBy = now
}

// ended is told what came of a look-up for balancers.
func (c *core) ended(now time.Time, a answer) {
	c.lists.hear(a, now.Add(c.figures.keep))
	c.list()
	c.balancing.ended(now, a.err, c.figures.interval)
}

// addressed is told what came of a look-up for the service's own addresses.
func (c *core) addressed(now time.Time, a answer) {
	c.service.hear(a, now.Add(c.figures.keep))
	c.list()
	c.addressing.ended(now, a.err, c.figures.interval)
}

// configured is told what came of a look-up for a service config. One that DNS
// had stays when DNS has none any more: gRPC would go on with it anyway. So does
// one that gRPC understood, when that in DNS is malformed now.
func (c *core) configured(now time.Time, s *serviceConfig, err error) {
	if s != nil && (c.config == nil || s.parsed.Err == nil) {
		c.config = s
	}
	c.configuring.ended(now, err, c.figures.interval)
}

// check is told the time.
func (c *core) check(now time.Time) {
	c.lists.expire(now)
	c.service.expire(now)
	c.list()
	if c.telling.start(now) {
		// Something else may be needed that DNS has by now.
		c.retell = true
		for _, q := range c.looks() {
			q.hurry(now)
		}
	}
	if c.tellBy.IsZero() && c.enough() {
		c.tellBy = now.Add(patience)
	}
}

// due returns when there is something to do without another event; zero is
// never.
func (c *core) due() time.Time {
	due := soonest(c.lists.due(), c.service.due())
	for _, q := range append(c.looks(), &c.telling) {
		due = soonest(due, q.due())
	}
	if !c.begun {
		due = soonest(due, c.tellBy)
	}
	return due
}

// schedule decides when to ask again. The random number is in [0, 1).
func (c *core) schedule(now time.Time, random float64) {
	for _, q := range c.looks() {
		q.schedule(now, c.figures, c.figures.refresh, random)
	}
	c.telling.schedule(now, c.figures, 0, random)
}

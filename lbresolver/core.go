package lbresolver

import "time"

// patience is how long the first update waits for look-ups that are not finished, once it
// would be of use without them. Most answers of DNS come within that; a later one is sent
// in another update.
const patience = time.Second

// A core decides what to tell the channel and when to ask DNS. It gets events and the time;
// it has no goroutine, channel or clock.
type core struct {
	// Fixed.
	target  target
	figures figures
	seed    seed
	own     *serviceConfig // used while DNS has none; nil: then none is given either

	// What to ask.
	balancing, addressing, configuring, telling question

	// What is known.
	lists     book // balancers
	service   book // the service's own addresses
	balancers []balancer
	addresses []string
	config    *serviceConfig // the last one that DNS had

	// What the channel was told.
	begun  bool
	tellBy time.Time // when the first update is sent, complete or not; zero: it is not of use yet
	last   view
	retell bool // the channel refused last, so it is sent again

	troubles troubles // that the log tells of
}

// newCore returns a core that is about to look up all that is used.
func newCore(t target, f figures, own *serviceConfig) *core {
	c := &core{target: t, figures: f, own: own,
		balancing:   newQuestion(t.asksForBalancers()),
		addressing:  newQuestion(t.fallback && !t.service.isIP()),
		configuring: newQuestion(own != nil && !own.fixed && !t.service.isIP()),
		telling:     question{used: true, answered: true},
	}
	// What the target gives needs no look-up.
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

// want is told that the channel asks to resolve again.
func (c *core) want() {
	for _, q := range c.looks() {
		q.want()
	}
}

// list computes balancers and addresses from the books.
func (c *core) list() {
	c.balancers = c.seed.inOrder(&c.lists, len(c.target.balancers) > 0)
	c.addresses = c.service.addrs()
}

// heard takes a part of the answer for balancers: some are known for a while, and the rest is
// late.
func (c *core) heard(now time.Time, a answer) {
	c.lists.hear(a, now.Add(c.figures.keep))
	c.list()
	c.tellBy = now
}

// ended takes the answer for balancers.
func (c *core) ended(now time.Time, a answer) {
	c.lists.hear(a, now.Add(c.figures.keep))
	c.list()
	c.balancing.ended(now, a.err, c.figures.interval)
}

// addressed takes the answer for the service's own addresses.
func (c *core) addressed(now time.Time, a answer) {
	c.service.hear(a, now.Add(c.figures.keep))
	c.list()
	c.addressing.ended(now, a.err, c.figures.interval)
}

// configured takes the answer for the service config. The config that DNS had stays if DNS
// has none any more: gRPC would keep using it anyway. It also stays if the one in DNS is
// malformed now.
func (c *core) configured(now time.Time, s *serviceConfig, err error) {
	if s != nil && (c.config == nil || s.parsed.Err == nil) {
		c.config = s
	}
	c.configuring.ended(now, err, c.figures.interval)
}

// check does what is due at this time.
func (c *core) check(now time.Time) {
	c.lists.expire(now)
	c.service.expire(now)
	c.list()
	if c.telling.start(now) {
		// DNS may have what the channel misses by now.
		c.retell = true
		for _, q := range c.looks() {
			q.hurry(now)
		}
	}
	if c.tellBy.IsZero() && c.enough() {
		c.tellBy = now.Add(patience)
	}
}

// due returns when check has to be called if nothing happens; zero: never.
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

// schedule sets when to ask again. random is in [0, 1).
func (c *core) schedule(now time.Time, random float64) {
	for _, q := range c.looks() {
		q.schedule(now, c.figures, c.figures.refresh, random)
	}
	c.telling.schedule(now, c.figures, 0, random)
}

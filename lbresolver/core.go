package lbresolver

import (
	"slices"
	"time"

	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/serviceconfig"
)

// A core decides what the channel is told and when to look for balancers. It
// is told events and the time; it has no goroutine, channel or clock.
type core struct {
	// Fixed.
	target  target
	figures figures
	config  *serviceconfig.ParseResult // that selects the policy; nil gives none

	// What is known. The addresses come from the DNS resolver, with the service
	// config that it found.
	addressed   bool // it has answered
	addresses   resolver.State
	addressErr  error // of its last answer
	ownConfig   bool  // it has found a service config once
	looked      bool  // a look-up for balancers has ended
	balancers   []balancer
	balancerErr error     // of the last look-up
	expires     time.Time // when the balancers are given up; zero while look-ups succeed

	// When to look for balancers. After a failure that is a matter of time only;
	// otherwise somebody must want it.
	looking   bool
	wanted    bool
	notBefore time.Time
	retrying  bool // notBefore is when to try again
	failures  int  // in a row

	// What the channel was told.
	news    bool  // there is something that it was not
	refusal error // of what it was told last
}

// newCore returns a core that wants to look for balancers now.
func newCore(t target, f figures, config *serviceconfig.ParseResult) *core {
	return &core{target: t, figures: f, config: config, wanted: true}
}

// want is told that somebody would like to know better.
func (c *core) want() { c.wanted = true }

// addressesFound is told what the DNS resolver has found.
func (c *core) addressesFound(s resolver.State) {
	c.addressed, c.addresses, c.addressErr, c.news = true, s, nil, true
	c.ownConfig = c.ownConfig || s.ServiceConfig != nil && s.ServiceConfig.Err == nil
}

// addressesFailed is told that the DNS resolver could not find out. What it
// found before stays; it tries again by itself.
func (c *core) addressesFailed(err error) {
	c.news = c.news || c.refusal != nil // and if it is the first answer, see ended
	c.addressed, c.addressErr = true, err
}

// ended is told what came of a look-up.
func (c *core) ended(now time.Time, a answer) {
	// The first to end is news until DNS has answered, whatever that will be. And
	// what the channel refused is told again: something else may have changed.
	c.news = c.news || !c.looked || c.refusal != nil
	c.looking, c.looked, c.balancerErr = false, true, a.err
	switch {
	case a.known:
		c.replace(a.balancers)
	case len(c.balancers) > 0 && c.expires.IsZero():
		c.expires = now.Add(c.figures.keep)
	}
	if a.err == nil {
		c.notBefore = now.Add(c.figures.interval)
	}
}

// replace takes over the balancers that there are. The same again, in another
// of the orders that SRV records allow, is no news: balancers are not changed
// over for that.
func (c *core) replace(balancers []balancer) {
	c.expires = time.Time{}
	if !slices.Equal(inOrder(c.balancers), inOrder(balancers)) {
		c.balancers, c.news = balancers, true
	}
}

// check is told the time.
func (c *core) check(now time.Time) {
	if !c.expires.IsZero() && !now.Before(c.expires) {
		c.replace(nil)
	}
}

// start reports whether a look-up is to begin, and notes that it does.
func (c *core) start(now time.Time) bool {
	if !c.wanted || c.looking || now.Before(c.notBefore) {
		return false
	}
	c.wanted, c.retrying, c.looking = false, false, true
	return true
}

// due returns when there is something to do without another event; zero is
// never.
func (c *core) due() time.Time {
	if !c.wanted || c.looking {
		return c.expires
	}
	if c.expires.IsZero() || c.notBefore.Before(c.expires) {
		return c.notBefore
	}
	return c.expires
}

// told notes what the channel said to that.
func (c *core) told(refusal error) { c.refusal = refusal }

// schedule decides when to try again what went wrong. Once decided that stays,
// or news of the addresses could put it off for ever. The random number is in
// [0, 1).
func (c *core) schedule(now time.Time, random float64) {
	if c.balancerErr == nil && c.refusal == nil {
		c.failures = 0
		return
	}
	if c.looking || c.retrying {
		return
	}
	c.wanted, c.retrying, c.notBefore = true, true, now.Add(c.figures.delay(c.failures, random))
	c.failures++
}

// inOrder returns balancers in an order that depends only on what they are.
func inOrder(balancers []balancer) []balancer {
	return slices.SortedFunc(slices.Values(balancers), balancer.compare)
}

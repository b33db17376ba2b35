package rrgroup

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc/connectivity"
)

// settles is settle, and checks each action and its effect against the laws.
func (c *court) settles() error {
	for todo := c.core.settle(c.now); len(todo) > 0; todo = c.core.settle(c.now) {
		for _, a := range todo {
			if err := c.object(a); err != nil {
				return err
			}
			if err := c.perform(a); err != nil {
				return err
			}
		}
	}
	c.twin.settle(c.now, c.core.settings.Handover, &c.core.pool)
	if err := c.compare(); err != nil {
		return err
	}
	if err := c.recount(); err != nil {
		return err
	}
	return c.look()
}

// recount compares the tally of SubConns with their states.
func (c *court) recount() error {
	var states [4]int
	for _, conn := range c.core.pool.all() {
		states[conn.state]++
	}
	if got := c.core.tally().SubConns; got != states {
		return fmt.Errorf("the SubConns by state are %v, want %v", got, states)
	}
	return nil
}

// object returns what is wrong with an action.
func (c *court) object(a action) error {
	switch a := a.(type) {
	case connect:
		if !c.meant[a.conn] && !a.conn.wanted() {
			return fmt.Errorf("%s is to connect, and no plan names it", a.conn.address.Addr)
		}
		c.asked[a.conn] = true
	case shutDown:
		return c.objectToEnd(a.conn)
	case publish:
		return c.published(a)
	case released:
		if c.core.display.state != connectivity.Ready {
			return fmt.Errorf("calls are released in state %v", c.core.display.state)
		}
		if a.epoch > c.epoch {
			return fmt.Errorf("epoch %d is released, the latest picker that parks has %d", a.epoch, c.epoch)
		}
	case retire:
		if p, ok := c.picker.(*roundRobin); ok && p.ready[0].generation == a.generation {
			return fmt.Errorf("a generation is retired before there is a picker without it")
		}
		if p := c.pickers[a.generation]; p != nil {
			c.stale = append(c.stale, p)
		}
		c.give(a.generation)
	}
	return nil
}

// give notes, once, that a generation holds no more those SubConns that were never READY.
// They have no calls in flight.
func (c *court) give(g *generation) {
	if g == nil || c.given[g] {
		return
	}
	c.given[g] = true
	c.held[g] = slices.DeleteFunc(c.held[g], func(own *subConn) bool { return !own.wasReady })
}

// published notes the epoch of a picker that parks calls.
func (c *court) published(a publish) error {
	if p, ok := a.state.Picker.(*roundRobin); ok {
		c.pickers[p.ready[0].generation] = p
	}
	p, ok := a.state.Picker.(waiting)
	switch {
	case ok && p.epoch <= c.epoch:
		return fmt.Errorf("the epoch of a waiting picker is %d after %d", p.epoch, c.epoch)
	case ok:
		c.epoch = p.epoch
	default:
		c.epoch = c.core.display.epoch // failing and dropping pickers park pings
	}
	return nil
}

// objectToEnd returns why a SubConn must not be shut down yet.
func (c *court) objectToEnd(conn *subConn) error {
	if c.needed(conn) {
		return fmt.Errorf("%s is shut down, and somebody needs it", conn.address.Addr)
	}
	if c.needing[conn] {
		c.named[conn] = c.now
	}
	if until := c.named[conn].Add(c.core.settings.Linger); conn.wasReady && c.now.Before(until) {
		return fmt.Errorf("%s is shut down %v too early", conn.address.Addr, until.Sub(c.now))
	}
	return nil
}

// needed reports whether conn is named by a plan, or held by a retired generation whose
// end the core has not been told of.
func (c *court) needed(conn *subConn) bool {
	if c.twin.wanted(conn, &c.core.pool) {
		return true
	}
	told := map[*generation]bool{}
	for g := range c.ended {
		told[g] = true
	}
	for _, g := range c.heard {
		told[g] = false
	}
	for g := range c.retire {
		if !told[g] && slices.Contains(c.held[g], conn) {
			return true
		}
	}
	return false
}

// look returns what is wrong with the state of the core.
func (c *court) look() error {
	for _, conn := range c.conns {
		c.meant[conn] = conn.wanted()
		if c.needing[conn] {
			c.named[conn] = c.now
		}
		c.needing[conn] = c.needed(conn)
		switch {
		case c.needing[conn]:
			if conn.gone {
				return fmt.Errorf("%s is gone, and somebody needs it", conn.address.Addr)
			}
			if conn.wanted() && conn.state == connectivity.Idle && !c.asked[conn] {
				return fmt.Errorf("%s is wanted and idle, and nobody has it connect", conn.address.Addr)
			}
		case !conn.gone && c.now.Sub(c.named[conn]) >= c.core.settings.Linger:
			return fmt.Errorf("%s has lingered for %v", conn.address.Addr, c.now.Sub(c.named[conn]).Round(time.Millisecond))
		case !conn.gone && !conn.wasReady:
			return fmt.Errorf("%s lingers, and never connected", conn.address.Addr)
		}
	}
	return nil
}

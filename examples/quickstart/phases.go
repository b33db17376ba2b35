package main

import (
	"fmt"

	"github.com/actorlb/grpclb/lbserver"
)

// A phase is a change of the servers, and what calls have to do after it.
type phase struct {
	goal goal
	deed func(*cluster, goal) error
}

// A goal says where calls have to go.
type goal struct {
	phase string

	// list is the LB token of all entries of the server list, so an answer tells by which list
	// its call went. In fallback, where calls have no token, it is noToken.
	list string

	// shares are the weights of the backends, by number, and of dropped.
	shares map[int]int

	// down is a backend that the list names though it does not run; 0: none.
	down int

	// gap: after the last call to the old backends, no backend is connected for a moment. A call
	// that is not wait-for-ready then fails with UNAVAILABLE.
	gap bool
}

// dropped is used in place of a backend's number for drops.
const dropped = 0

// Backends 1 to 6 are for the balancer's lists; 7 and 8 are the fallback backends, which the
// resolver names.
const (
	lastListed  = 6
	lastBackend = 8
)

// script is what the quickstart shows.
func script() []phase {
	return []phase{
		{goal{
			phase:  "first list",
			list:   "list-1",
			shares: map[int]int{1: 1, 2: 1, 3: 1},
		}, (*cluster).announce},
		{goal{
			phase:  "weights 1, 2, 3 by repetition",
			list:   "list-2",
			shares: map[int]int{1: 1, 2: 2, 3: 3},
		}, (*cluster).announce},
		{goal{
			phase:  "handover to other backends",
			list:   "list-3",
			shares: map[int]int{4: 1, 5: 1, 6: 1},
		}, (*cluster).handOver},
		{goal{
			phase:  "25 % drops",
			list:   "list-4",
			shares: map[int]int{4: 1, 5: 1, 6: 1, dropped: 1},
		}, (*cluster).announceDrops},
		{goal{
			phase:  "no drops, and b 3 is down",
			list:   "list-5",
			shares: map[int]int{4: 1, 5: 1, 6: 1},
			down:   3,
		}, (*cluster).announceDown},
		{goal{
			phase:  "balancer killed",
			list:   "list-5",
			shares: map[int]int{4: 1, 5: 1, 6: 1},
		}, (*cluster).killBalancer},
		{goal{
			phase:  "its backends killed too: fallback",
			list:   noToken,
			shares: map[int]int{7: 1, 8: 1},
			gap:    true,
		}, (*cluster).killBackends},
		{goal{
			phase:  "balancer back",
			list:   "list-6",
			shares: map[int]int{4: 1, 5: 1, 6: 1},
		}, (*cluster).restore},
	}
}

// announce has the balancer send the list of g.
func (c *cluster) announce(g goal) error {
	var list []lbserver.Server
	for n := range c.backends {
		if g.shares[n] == 0 && (n == dropped || n != g.down) {
			continue
		}
		s := lbserver.Server{Token: g.list, Weight: g.shares[n]}
		if n == dropped {
			s.Drop = true
		} else {
			s.Address = c.backends[n].addr
		}
		list = append(list, s)
	}
	return c.lists.SetServers(service, list)
}

// handOver announces g while a long call by the list before is in progress.
func (c *cluster) handOver(g goal) error {
	if err := c.long.begin(); err != nil {
		return err
	}
	return c.announce(g)
}

// announceDrops ends the long call, and announces g.
func (c *cluster) announceDrops(g goal) error {
	if err := c.long.end(); err != nil {
		return err
	}
	return c.announce(g)
}

// announceDown stops the backend that is to be down, and announces g.
func (c *cluster) announceDown(g goal) error {
	if err := c.backends[g.down].stopGracefully(); err != nil {
		return fmt.Errorf("%s: %w", placeName(g.down), err)
	}
	return c.announce(g)
}

// killBalancer closes the balancer's connections. It returns when the policy has noticed, so that
// later calls are counted.
func (c *cluster) killBalancer(goal) error {
	select {
	case <-c.lost: // from an earlier time
	default:
	}
	if err := c.stopBalancer(); err != nil {
		return err
	}
	return c.awaitLoss()
}

// killBackends stops the backends of the last list. Each finishes its calls first.
func (c *cluster) killBackends(goal) error {
	for n := 4; n <= lastListed; n++ {
		if err := c.backends[n].stopGracefully(); err != nil {
			return fmt.Errorf("backend %d: %w", n, err)
		}
	}
	return nil
}

// restore starts the backends again, which must change nothing: only a list ends fallback. Then it
// starts a balancer with a list.
func (c *cluster) restore(g goal) error {
	for n := 4; n <= lastListed; n++ {
		if err := c.startBackend(n); err != nil {
			return err
		}
	}
	return c.startBalancer(g)
}

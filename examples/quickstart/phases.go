package main

import (
	"fmt"

	"github.com/actorlb/grpclb/lbserver"
)

// A phase is something done to the servers, and what calls are to do then.
type phase struct {
	goal goal
	deed func(*cluster, goal) error
}

// A goal is where calls are to go.
type goal struct {
	phase string

	// list is the LB token that all entries of the server list have here, so
	// that an answer tells which list its call went by. In fallback, where
	// calls have no token, it is noToken.
	list string

	// shares are the weights of the backends, by number, and of dropped.
	shares map[int]int

	// gap: between the last call to the backends before and the first to these
	// there is a time with no backend connected. A call that does not wait for
	// one, and these do not, then fails with UNAVAILABLE.
	gap bool
}

// dropped stands in for a backend's number where the list drops calls.
const dropped = 0

// Backends 1 to 6 are there for the balancer's lists; 7 and 8 are the ones that
// the channel knows from its resolver, to fall back to.
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
		}, (*cluster).announce},
		{goal{
			phase:  "25 % drops",
			list:   "list-4",
			shares: map[int]int{4: 1, 5: 1, 6: 1, dropped: 1},
		}, (*cluster).announce},
		{goal{
			phase:  "no drops again",
			list:   "list-5",
			shares: map[int]int{4: 1, 5: 1, 6: 1},
		}, (*cluster).announce},
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

// announce has the balancer send the list that makes calls go as g says.
func (c *cluster) announce(g goal) error {
	var list []lbserver.Server
	for n := range c.backends {
		if g.shares[n] == 0 {
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

// killBalancer cuts the balancer's connections, with no goodbye. It returns
// when the policy has noticed, so that the calls counted are later ones.
func (c *cluster) killBalancer(goal) error {
	select {
	case <-c.lost: // what the channel may have asked for another reason
	default:
	}
	if err := c.stopBalancer(); err != nil {
		return err
	}
	return c.awaitLoss()
}

// killBackends stops what the last list named. Each backend answers the calls
// that it has before it goes.
func (c *cluster) killBackends(goal) error {
	for n := 4; n <= lastListed; n++ {
		if err := c.backends[n].stopGracefully(); err != nil {
			return fmt.Errorf("backend %d: %w", n, err)
		}
	}
	return nil
}

// restore starts the backends again, which alone must change nothing: fallback
// ends with a list. Then it starts a balancer that has one.
func (c *cluster) restore(g goal) error {
	for n := 4; n <= lastListed; n++ {
		if err := c.startBackend(n); err != nil {
			return err
		}
	}
	return c.startBalancer(g)
}

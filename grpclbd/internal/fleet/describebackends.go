package fleet

import (
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
	"github.com/actorlb/grpclb/lbserver"
	"github.com/actorlb/grpclb/lbserver/assign"
)

func (c *core) viewBackends(holders map[string]int, now time.Time) (all []view.Backend) {
	shares := c.shares()
	places := c.book.places()
	for _, m := range c.roster.sorted {
		drain, draining := c.overrides.drains[m.Address]
		all = append(all, view.Backend{
			Address: m.Address, Zone: m.Zone, Token: m.Token, Labels: m.Labels, Source: places[m.slot],
			Health: c.healthOf(m), Since: m.health.Since, Why: whyOf(m),
			Served: m.served, Reason: reasonOf(m, drain, draining),
			Weight: view.Weight{
				Source: m.Weight, Load: m.load.Weight, Measured: m.load.At,
				Override: c.overrides.weights[m.Address], Ramp: c.rampOf(m, now), Used: m.used,
			},
			Share: shares[m.Address], Clients: holders[m.Address], Draining: draining,
		})
	}
	return all
}

// rampOf returns how much of its weight a backend has by its age, in per cent.
func (c *core) rampOf(m *member, now time.Time) int {
	if !m.served {
		return 100
	}
	return assign.Ramp{Window: c.cfg.SlowStart}.Percent(now.Sub(m.since))
}

// places returns which place each source has, by slot.
func (b *sourcebook) places() map[int]int {
	all := make(map[int]int)
	for i, e := range b.all() {
		all[e.slot] = i
	}
	return all
}

func (c *core) healthOf(m *member) string {
	switch {
	case c.cfg.Health == nil:
		return "unchecked"
	case !m.known:
		return "unknown"
	case m.health.Healthy:
		return "healthy"
	}
	return "unhealthy"
}

func whyOf(m *member) string {
	if m.known && !m.health.Healthy {
		return m.health.Why
	}
	return ""
}

func reasonOf(m *member, drain override.Override, draining bool) string {
	reason := m.reason
	if reason == "" {
		reason = "not decided yet"
	}
	if draining {
		reason = "drained by " + drain.Who
		if drain.Why != "" {
			reason += ": " + drain.Why
		}
	}
	if m.held {
		reason += "; its source has taken it away, which the guard maxRemove holds"
	}
	return reason
}

// shares returns the share of all calls that each backend gets of clients without a class.
func (c *core) shares() map[string]float64 {
	all := make(map[string]float64)
	if told := c.classes.byName[""].told; told != nil {
		for _, e := range entries(told.servers) {
			if !e.Drop {
				all[e.Address] += e.Share
			}
		}
	}
	return all
}

// holders returns how many clients have each backend. Of a client that was not handed its newest list
// yet that list counts, but for backends that are drained.
func (c *core) holders(clients []lbserver.ClientState) map[string]int {
	counts := make(map[string]int)
	handed := make(map[string]int)
	for _, cl := range clients {
		if cl.Handed != 0 {
			handed[cl.Class]++
		}
	}
	for class, n := range handed {
		cl := c.classes.byName[class]
		if cl == nil || cl.told == nil {
			continue
		}
		for _, s := range cl.told.servers {
			if !s.Drop {
				counts[s.Address] += n
			}
		}
	}
	for address, n := range c.drained.holders(clients) {
		counts[address] = n
	}
	return counts
}

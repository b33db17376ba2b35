package fleet

import (
	"strings"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/lbserver"
	"github.com/actorlb/grpclb/lbserver/assign"
)

// The groups of a service share the calls: canaries are backends with the label that is
// configured.
const (
	stable = iota
	canary
	groups
)

// A placing is the backends as lists need them. It does not change, and is made anew each time
// that it was decided who is served; so a class that comes later gets what the others got.
type placing [groups][]assign.Backend

// place divides the backends into groups, with the weights that they have at this age. It
// returns when a weight changes next because a backend gets older; zero: none does.
func (r *roster) place(cfg config.Service, now time.Time) (p placing, next time.Time) {
	all := make([]assign.Backend, len(r.sorted))
	for i, m := range r.sorted {
		all[i] = assign.Backend{
			Server:    lbserver.Server{Address: m.Address, Token: m.Token, Weight: m.full},
			Unhealthy: !m.served, Since: m.since,
		}
		if cfg.Zones != nil {
			all[i].Zone = m.Zone
		}
	}
	all, next = warm(assign.Ramp{Window: cfg.SlowStart}, all, now)
	if cfg.Canary == nil {
		p[stable] = all
	}
	for i, m := range r.sorted {
		m.used = all[i].Weight
		if cfg.Canary == nil {
			continue
		}
		g := stable
		if m.is(cfg.Canary) {
			g = canary
		}
		p[g] = append(p[g], all[i])
	}
	return p, next
}

// warm applies the slow start, if there is one.
func warm(ramp assign.Ramp, all []assign.Backend, now time.Time) ([]assign.Backend, time.Time) {
	in, starting := ramp.NextOf(all, now)
	if !starting {
		return all, time.Time{}
	}
	warm, err := ramp.Warm(all, now)
	if err != nil {
		panic("BUG: " + err.Error()) // weights are in range
	}
	return warm, now.Add(in)
}

// is reports whether the backend is a canary.
func (m *member) is(c *config.Canary) bool {
	if c == nil {
		return false
	}
	name, value, _ := strings.Cut(c.Label, "=")
	has, there := m.Labels[name]
	return there && has == value
}

// served returns the backends that are served.
func served(all []assign.Backend) (served []assign.Backend) {
	served = make([]assign.Backend, 0, len(all))
	for _, b := range all {
		if !b.Unhealthy {
			served = append(served, b)
		}
	}
	return served
}

package fleet

import (
	"strings"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/lbserver"
	"github.com/actorlb/grpclb/lbserver/assign"
)

// A place is a backend as lists need it. Places do not change; they are made anew each time that
// it was decided who is served, so that a class that comes later gets what the others got.
type place struct {
	lbserver.Server        // with the weight that it has now
	zone            string // "": not known
	full            int    // weight without the ramp: what it carries for its zone
	served          bool
}

// A group is backends that get a share of the calls between them.
type group struct {
	share  int // in relation to the other groups' shares
	places []place
	zones  map[string]*pool // made when a class needs it
}

// The groups of a service, as indices: canaries are backends with the label that is configured.
const (
	stable = iota
	canary
	groups
)

// places divides the backends into groups.
func (r *roster) places(c *config.Canary) (all [groups]*group) {
	all[stable], all[canary] = newGroup(100), newGroup(0)
	if c != nil {
		all[stable].share, all[canary].share = 100-c.Percent, c.Percent
	}
	weights := r.ramped()
	for i, m := range r.sorted {
		g := all[stable]
		if m.is(c) {
			g = all[canary]
		}
		m.used = weights[i]
		g.places = append(g.places, place{
			Server: lbserver.Server{Address: m.Address, Token: m.Token, Weight: m.used},
			zone:   m.Zone, full: m.full, served: m.served,
		})
	}
	return all
}

func newGroup(share int) *group { return &group{share: share, zones: map[string]*pool{}} }

// is reports whether the backend is a canary.
func (m *member) is(c *config.Canary) bool {
	if c == nil {
		return false
	}
	name, value, _ := strings.Cut(c.Label, "=")
	has, there := m.Labels[name]
	return there && has == value
}

// ramped returns the weights for lists. If no served backend starts slowly they are the full
// ones.
func (r *roster) ramped() []int {
	products, most, warm := make([]uint64, len(r.sorted)), uint64(0), true
	for i, m := range r.sorted {
		products[i] = uint64(m.full) * uint64(m.ramp)
		most = max(most, products[i])
		warm = warm && m.ramp == 100
	}
	weights := make([]int, len(products))
	for i, p := range products {
		switch {
		case warm:
			weights[i] = r.sorted[i].full
		case most > assign.MaxWeight:
			weights[i] = bounded(float64(p) / float64(most) * assign.MaxWeight)
		default:
			weights[i] = int(p)
		}
	}
	return weights
}

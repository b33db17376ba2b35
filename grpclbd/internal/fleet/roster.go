package fleet

import (
	"slices"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/observe"
)

// A roster has the backends of the service, with all that is known of them.
type roster struct {
	members map[string]*member
	sorted  []*member // by address
}

// A member is one backend.
type member struct {
	merged

	known    bool // health says something
	presumed bool // until it does, the backend counts as healthy
	health   observe.Health
	load     observe.Load
	gauge    float64 // the load's weight that lists use, 1 being the mean; 0: no data, so the mean

	// From the last time that it was decided who is served.
	served bool
	since  time.Time // served without a break
	reason string    // why it is served or not

	// From the last time that weights were computed.
	full int // before the slow start
	used int
}

func newRoster() roster { return roster{members: map[string]*member{}} }

// set makes these the backends. Who stays keeps what is known. It returns who has come,
// who has gone and who is described differently, sorted.
func (r *roster) set(all map[string]merged) (came, gone, changed []string) {
	for address, m := range r.members {
		if _, there := all[address]; !there {
			gone = append(gone, m.Address)
			delete(r.members, address)
		}
	}
	for address, b := range all {
		m := r.members[address]
		switch {
		case m == nil:
			m = &member{}
			r.members[address] = m
			came = append(came, address)
		case m.slot != b.slot || !m.Equal(b.Backend):
			changed = append(changed, address)
		}
		m.merged = b
	}
	if len(came)+len(gone) > 0 {
		r.sort()
	}
	slices.Sort(came)
	slices.Sort(gone)
	slices.Sort(changed)
	return came, gone, changed
}

func (r *roster) sort() {
	r.sorted = r.sorted[:0]
	for _, m := range r.members {
		r.sorted = append(r.sorted, m)
	}
	slices.SortFunc(r.sorted, func(a, b *member) int { return byAddress(a.Backend, b.Backend) })
}

// addresses returns those of all backends, sorted.
func (r *roster) addresses() []string {
	all := make([]string, len(r.sorted))
	for i, m := range r.sorted {
		all[i] = m.Address
	}
	return all
}

// unhealthy reports whether health says that a backend must not be used.
func (r *roster) unhealthy(address string) bool {
	m := r.members[address]
	return m != nil && m.known && !m.health.Healthy
}

package fleet

import (
	"fmt"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/observe"
)

// A census is how many backends are what, without those that are drained.
type census struct {
	healthy, unhealthy int
	unknown            int
	presumed           int // nothing is known of them, and they count as healthy until then
}

// known is how many backends count for the guard minHealthy. A new one of which nothing is known
// yet does not count.
func (c census) known() int { return c.healthy + c.unhealthy + c.presumed }

// take counts the backends.
func (r *roster) take(drained func(address string) bool) (c census) {
	for _, m := range r.sorted {
		switch {
		case drained(m.Address):
		case m.known && m.health.Healthy:
			c.healthy++
		case m.known:
			c.unhealthy++
		case m.presumed:
			c.presumed++
		default:
			c.unknown++
		}
	}
	return c
}

// A verdict is what health decides for all backends together.
type verdict int

const (
	selected   verdict = iota // the healthy ones are served
	unchecked                 // health is not checked: all are served
	unproven                  // no backend has answered yet: all are served
	distrusted                // rule guard.min-healthy: too few are healthy, so all are served
)

// judge applies the rules health.check and guard.min-healthy.
func (c census) judge(checked bool, minHealthy int) verdict {
	switch {
	case !checked:
		return unchecked
	case c.known() == 0:
		return unproven
	case 100*(c.healthy+c.presumed) < minHealthy*c.known():
		return distrusted
	}
	return selected
}

// inWords is the sentence about a guard that holds something back; "" if there is none.
func (v verdict) inWords(c census, minHealthy int) string {
	switch {
	case v == distrusted:
		return fmt.Sprintf("minHealthy: %s, so all are served", c.tooFew(minHealthy))
	case v != unchecked && c.healthy+c.unhealthy == 0 && c.presumed+c.unknown > 0:
		return "no backend has been checked yet: all are served"
	}
	return ""
}

func (c census) tooFew(minHealthy int) string {
	return fmt.Sprintf("%d of %s healthy, fewer than %d %%", c.healthy+c.presumed, plural(c.known(), "backend"), minHealthy)
}

// decide settles who is served. Those that are served while nobody knows anything, because checks
// have just begun, count as healthy until they were checked themselves: a replica that has just started
// serves what its neighbours serve.
func (r *roster) decide(v verdict, drained func(address string) bool, now time.Time) (served int) {
	for _, m := range r.sorted {
		was := m.served
		m.presumed = !m.known && (m.presumed || v == unchecked || v == unproven)
		m.served, m.reason = m.decide(v, drained(m.Address))
		if m.served && !was {
			m.since = now
		}
		if m.served {
			served++
		}
	}
	return served
}

func (m *member) decide(v verdict, drained bool) (served bool, reason string) {
	switch {
	case drained:
		return false, "drained"
	case v == unchecked:
		return true, "health is not checked"
	case m.known && m.health.Healthy:
		return true, "healthy"
	case m.presumed:
		return true, "not checked yet, and here from the beginning"
	case v == distrusted:
		return true, "too few backends are healthy, so all are served"
	case m.known:
		return false, "unhealthy: " + m.health.Why
	}
	return false, "new: served after its first good check"
}

// forgetHealth is for a service whose backends are no longer checked.
func (r *roster) forgetHealth() {
	for _, m := range r.sorted {
		m.known, m.health = false, observe.Health{}
	}
}

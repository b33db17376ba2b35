package grpclb

import (
	"errors"
	"fmt"

	"github.com/actorlb/grpclb/rrgroup"
)

// Reasons for being in fallback, of those that need no particulars.
var (
	errNoBalancer = errors.New("the resolver names no balancer")
	errTakenAway  = errors.New("the resolver has taken the balancers away")
	errAsked      = errors.New("the balancer asked for it")
	errNoListYet  = errors.New("no server list has come from the balancer yet")
	errEmpty      = errors.New("the balancer's server list is empty")
)

// fallBack goes over to the resolver's addresses. If they are in use already, it
// is only the reason that may be another one.
func (m *machine) fallBack(because error) {
	if m.mode == fallback {
		m.explain(because)
		return
	}
	m.remark(aboutFallback, "in fallback because %v", because)
	m.mode, m.list, m.because = fallback, nil, because
	m.plan = m.fallbackPlan()
}

// explain has another reason given for being in fallback from now on.
func (m *machine) explain(because error) {
	if m.because != because {
		m.because = because
		m.plan = m.fallbackPlan()
	}
}

// updateFallback goes over to new addresses. They may be the same: the group
// keeps the connections that it has, and a child policy may see more in them than
// we can. A reason that does not hold any more is not given any more.
func (m *machine) updateFallback() {
	named := m.because != errNoBalancer && m.because != errTakenAway
	switch {
	case named && len(m.balancers) == 0:
		m.because = errTakenAway
	case !named && len(m.balancers) > 0:
		m.because = errNoListYet
	}
	m.plan = m.fallbackPlan()
}

func (m *machine) fallbackPlan() *rrgroup.Plan {
	return &rrgroup.Plan{
		Provenance: rrgroup.FromResolver,
		Endpoints:  m.backends,
		Child:      m.child,
		Unserved:   fmt.Errorf("grpclb is in fallback because %w; the resolver names no backend to fall back to", m.because),
		Doing:      fmt.Sprintf("in fallback because %v", m.because),
	}
}

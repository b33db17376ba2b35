package grpclb

import (
	"errors"
	"fmt"

	"github.com/actorlb/grpclb/rrgroup"
)

// Reasons for fallback that need no details.
var (
	errNoBalancer = errors.New("the resolver names no balancer")
	errTakenAway  = errors.New("the resolver has taken the balancers away")
	errAsked      = errors.New("the balancer asked for it")
	errNoListYet  = errors.New("no server list has come from the balancer yet")
	errEmpty      = errors.New("the balancer's server list is empty")
)

// fallBack goes over to the resolver's addresses. If they are in use already, only the
// reason changes. because is for errors and the log, why for metrics.
func (m *machine) fallBack(because error, why why) {
	if m.mode == fallback {
		m.explain(because)
		return
	}
	m.mode, m.list, m.because = fallback, nil, because
	m.figures.changes[why]++
	m.plan = m.fallbackPlan()
}

// explain changes the reason for fallback in the errors of calls.
func (m *machine) explain(because error) {
	if m.because != because {
		m.because = because
		m.plan = m.fallbackPlan()
	}
}

// updateFallback uses new addresses of the resolver. It makes a new plan even if the
// addresses are the same, because their attributes may differ, which a child policy may use;
// the group keeps its connections. A reason that is no longer true is replaced.
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

package grpclb

import (
	"github.com/actorlb/grpclb/rrgroup"
	"github.com/actorlb/grpclb/tokens"
)

// listed takes a server list that is not empty.
func (m *machine) listed(list *tokens.List) {
	inUse := m.mode == balanced && m.plan.List == m.list && m.stream == m.status.FullStream
	m.empty = false
	if inUse && list.Equal(m.list) {
		return // See list.equal. Its faults have been logged.
	}
	m.remarkList(list)
	m.turnBalanced()
	m.list, m.stream = list, m.status.FullStream
	m.plan = m.balancedPlan()
}

// listedEmpty takes an empty list. See list.empty.
func (m *machine) listedEmpty(list *tokens.List) {
	m.remarkList(list)
	m.empty = true
	if m.mode == fallback {
		m.explain(errEmpty)
		return
	}
	m.turnBalanced()
	m.updateBalanced(false)
}

// turnBalanced goes over to the balancer's list.
func (m *machine) turnBalanced() {
	if m.mode != balanced {
		m.figures.changes[becauseList]++
	}
	m.mode = balanced
}

// updateBalanced makes a new plan, unless it would be the same as the present one. rehosted
// says that another child policy, or another health check, is configured.
func (m *machine) updateBalanced(rehosted bool) {
	if next := m.balancedPlan(); next.List == nil || next.List != m.plan.List || rehosted {
		m.plan = next
	}
}

// balancedPlan returns the plan for the balancer's latest list.
func (m *machine) balancedPlan() *rrgroup.Plan {
	switch how := m.config.EmptyServerList; {
	case m.list != nil && (!m.empty || how == KeepOnEmpty):
		return &rrgroup.Plan{
			List:        m.list,
			Stream:      m.stream,
			Child:       m.child,
			CheckHealth: m.config.BackendHealthCheck == CheckAll,
			Doing:       "using the balancer's server list",
		}
	case how == FailOnEmpty:
		return emptyPlan
	default:
		return waitPlan
	}
}

// forsaken reports whether contact is lost and the list in use has no backend that is READY
// or being connected for the first time. It is false as long as the group's latest state is
// of an earlier plan. See fallback.lost.
func (m *machine) forsaken() bool {
	return !m.status.Contact && m.group.Plan == m.plan && !m.group.Ready && !m.group.Arriving
}

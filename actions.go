package grpclb

import (
	"time"

	"github.com/actorlb/grpclb/internal/diary"
	"github.com/actorlb/grpclb/lbstream"
	"github.com/actorlb/grpclb/rrgroup"
)

// An action is something for the policy to do. It does them in order.
type action interface{ isAction() }

// configure: have the other actors use this config.
type configure struct{ config Config }

// serve: tell the stream the service name and the balancers.
type serve struct{ target lbstream.Target }

// adopt: have the group use this plan.
type adopt struct{ plan *rrgroup.Plan }

// askAgain: have the stream ask the balancer again.
type askAgain struct{}

// redial: have the stream call a balancer now, if it waits before it does.
type redial struct{}

// reresolve: ask gRPC to resolve again.
type reresolve struct{}

// note: have the diary note this for the log.
type note struct{ remark diary.Remark }

func (configure) isAction() {}
func (serve) isAction()     {}
func (adopt) isAction()     {}
func (askAgain) isAction()  {}
func (redial) isAction()    {}
func (reresolve) isAction() {}
func (note) isAction()      {}

// told is what the other actors were told last. They are only told changes.
type told struct {
	config  Config
	updates uint64        // of the resolver
	plan    *rrgroup.Plan // nil: no plan yet, so gRPC has been given no state either (state.first-word)
}

// settle decides, and returns the actions that follow. It is called after each update of the
// resolver and before the next, so that the stream is told of each. (The group takes only the
// latest plan.)
func (m *machine) settle(now time.Time) []action {
	m.check(now)
	if m.config != m.told.config {
		m.told.config = m.config
		m.do(configure{m.config})
	}
	if m.updates != m.told.updates {
		m.told.updates = m.updates
		m.do(serve{lbstream.Target{Name: m.config.serviceName(m.name), Balancers: m.balancers}})
	}
	if m.plan != m.told.plan {
		m.noteList()
		m.told.plan = m.plan
		m.do(adopt{m.plan})
	}
	if m.askAgain() {
		m.do(askAgain{})
	}
	if m.reresolve() {
		m.do(reresolve{})
	}
	for _, r := range m.takeRemarks() {
		m.do(note{r})
	}
	todo := m.todo
	m.todo = nil
	return todo
}

// do leaves an action for the policy.
func (m *machine) do(a action) { m.todo = append(m.todo, a) }

package grpclb

import (
	"errors"
	"time"

	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/tokens"
)

// decided is what the policy's own goroutine knows: its part of the State. It is immutable.
type decided struct {
	mode     mode
	since    time.Time
	reason   string
	list     *tokens.List // in use; nil: none
	config   Config
	unknown  string
	backends []resolver.Endpoint // the fallback backends
	figures  figures
}

// decided asks the policy's goroutine. ok is false if the policy has stopped.
func (p *policy) decided() (d decided, ok bool) {
	reply := make(chan decided, 1)
	if !p.inbox.Send(stateAsked{reply}) {
		return decided{}, false
	}
	d, ok = <-reply
	return d, ok
}

func (m *machine) describe() decided {
	d := decided{mode: m.mode, since: m.since, reason: m.reason().Error(), config: m.config, unknown: m.unknown, backends: m.backends, figures: m.figures}
	if m.plan != nil {
		d.list = m.plan.List
	}
	return d
}

// noteMode notes when the mode began, if it is another one than before. It has the change logged,
// and counts the time that the mode before it took.
func (m *machine) noteMode(now time.Time) {
	if m.since.IsZero() || m.mode != m.sinceOf {
		m.narrateFallback(now)
		m.figures.addTime(m.sinceOf, m.since, now)
		m.since, m.sinceOf = now, m.mode
	}
}

// Reasons for the modes waiting and balanced.
var (
	errUnresolved = errors.New("the resolver has not answered yet")
	errFirstList  = errors.New("the first server list has not come yet")
	errListed     = errors.New("the balancer sent a server list")
)

// reason says why the machine is in its mode.
func (m *machine) reason() error {
	switch {
	case m.mode == fallback:
		return m.because
	case m.mode == balanced && m.empty:
		return errors.New("the balancer's server list is empty: " + m.onEmpty())
	case m.mode == balanced:
		return errListed
	case m.plan == nil:
		return errUnresolved
	case m.plan.Unserved != nil:
		return m.plan.Unserved
	default:
		return errFirstList
	}
}

func (m mode) String() string { return [...]string{"waiting", "balanced", "fallback"}[m] }

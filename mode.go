package grpclb

import (
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/hosted"
	"github.com/actorlb/grpclb/internal/diary"
	"github.com/actorlb/grpclb/lbstream"
	"github.com/actorlb/grpclb/rrgroup"
	"github.com/actorlb/grpclb/tokens"
)

// A mode says where the backends come from.
type mode uint8

const (
	// waiting: it is not known yet which backends to use, so calls wait. A server list
	// ends this mode. Fallback follows when the resolver names no balancer, all balancers
	// were asked and none sent a list, a balancer asks for fallback, or
	// InitialFallbackTimeout is over. An error of the resolver changes nothing once the
	// resolver has named a balancer.
	waiting mode = iota

	// balanced: the balancer's latest list is in use. Fallback follows when the balancer
	// asks for it. If there are fallback addresses, it also follows when the resolver takes
	// the balancers away, and when contact is lost while no backend is READY and none is
	// being connected for the first time. An empty list, new fallback addresses and an
	// error of the resolver do not change the mode.
	balanced

	// fallback: the resolver's addresses are in use. Only a list that is not empty ends
	// this mode. These do not: a backend of the last list that is READY again, a new
	// stream, an empty list, another request for fallback, an error of the resolver. Some
	// of them change the reason that the errors of calls give.
	fallback
)

// A machine decides which backends to use. It gets events, and decides in check. It has no
// goroutine, channel or clock.
//
// It gets every update of the resolver, and check is called after each. So it sees that
// balancers were taken away even if the next update names them again (see stream.readded).
// Of the stream and the group it gets the latest state; those in between are left out.
type machine struct {
	name string // the service name to ask for if the config has none

	// The latest events.
	config    Config
	child     *hosted.Child       // the child policy of that config
	updates   uint64              // how many updates the resolver has made
	balancers []resolver.Address  // the balancers to ask
	backends  []resolver.Endpoint // the fallback backends
	status    lbstream.Status     // of the stream to the balancer
	group     rrgroup.Aggregate   // of the backends

	// What it has decided.
	mode    mode
	since   time.Time     // when the mode began; zero before the first check
	sinceOf mode          // the mode that began at since
	started time.Time     // when the resolver first named balancers; zero before
	list    *tokens.List  // mode balanced: the latest list that is not empty
	stream  uint64        // the number of the stream that brought list
	empty   bool          // the balancer's latest list is empty
	because error         // mode fallback: the reason
	figures figures       // for metrics
	plan    *rrgroup.Plan // for the group; nil before the first update or error of the resolver
	ends    uint64        // status.Ends when the resolver was last asked to look again
	outage  outage        // of the list in use
	asks    bool          // the stream is to ask the balancer again

	// What follows for others.
	told told
	todo []action // for the policy

	// For the log.
	remarks  []diary.Remark // to be logged
	episodes episodes       // that have begun
	contact  bool           // status.Contact as of the last remarks
	noted    *tokens.List   // list as of the last remarks
	unknown  string         // the unknown fields of the config
}

// Two plans without backends: calls wait, or fail. Plans are compared by address, so there
// is one of each, and the group is not told the same plan twice.
var (
	waitPlan  = &rrgroup.Plan{}
	emptyPlan = &rrgroup.Plan{Unserved: errors.New("grpclb is using the balancer's server list: it is empty")}
)

// newMachine returns a machine of a policy whose other actors use this config already.
func newMachine(name string, config Config) *machine {
	return &machine{name: name, config: config, told: told{config: config}}
}

// update takes an update of the resolver.
func (m *machine) update(u *resolved, now time.Time) {
	rehosted := m.config.ChildPolicy != u.config.ChildPolicy || m.config.BackendHealthCheck != u.config.BackendHealthCheck
	m.config, m.child, m.balancers, m.backends = u.config, u.child, u.balancers, u.backends
	if m.started.IsZero() && len(m.balancers) > 0 {
		m.started = now
	}
	m.updates++
	m.remarkUnknown(u.unknown)
	switch {
	case m.mode == waiting:
		m.plan = waitPlan // ends failing with the resolver's error
	case m.mode == fallback:
		m.updateFallback()
	case len(m.balancers) == 0 && len(m.backends) > 0:
		m.fallBack(errTakenAway, becauseRemoved)
	default:
		m.updateBalanced(rehosted)
	}
}

// resolverFailed takes an error of the resolver. The error counts only while no balancer and no
// list is known.
func (m *machine) resolverFailed(err error) {
	if m.mode == waiting && len(m.balancers) == 0 {
		m.plan = &rrgroup.Plan{Unserved: fmt.Errorf("grpclb is waiting for a balancer: %w", err)}
	}
}

// contacted takes the status of the stream. If there are no balancers, the status is from
// before they were taken away, and nothing follows from it.
func (m *machine) contacted(s lbstream.Status) {
	old := m.status
	m.status = s
	if len(m.balancers) == 0 {
		return
	}
	switch {
	case s.Asked && (m.mode != fallback || !old.Asked):
		m.fallBack(errAsked, becauseAsked)
	case !s.Asked && s.Fulls != old.Fulls:
		m.listed(s.Full)
	}
	if s.Lists != old.Lists && s.List.Empty() {
		m.listedEmpty(s.List) // a list that is not empty may have come before it
	}
}

// aggregated takes the state of the backends.
func (m *machine) aggregated(a rrgroup.Aggregate) { m.group = a }

// check decides about the mode. It is called after each event, and at deadline.
func (m *machine) check(now time.Time) {
	m.narrateContact(now)
	m.narrateBackends(now)
	switch m.mode {
	case waiting:
		m.checkWaiting(now)
	case balanced:
		if m.forsaken() && len(m.backends) > 0 {
			m.fallBack(fmt.Errorf("the balancer was out of contact and no backend was READY: %w", m.silence()), becauseLost)
		}
	}
	m.checkOutage(now)
	m.narrateEmpty(now)
	m.noteMode(now)
	m.narrateList()
}

func (m *machine) checkWaiting(now time.Time) {
	switch {
	case m.updates == 0:
	case len(m.balancers) == 0:
		m.fallBack(errNoBalancer, becauseNone)
	case m.status.Rounds > 0:
		m.fallBack(fmt.Errorf("no server list came from the balancer: %w", m.silence()), becauseNoList)
	case !now.Before(m.deadline()):
		m.fallBack(fmt.Errorf("no server list came from the balancer within %v", m.config.InitialFallbackTimeout), becauseTimeout)
	}
}

// silence returns why the balancer is out of contact.
func (m *machine) silence() error {
	if m.status.Err == nil {
		return errors.New("it is silent")
	}
	return m.status.Err
}

// deadline returns when check has to be called if there is no event before; zero: never.
func (m *machine) deadline() time.Time {
	if m.mode != waiting || m.started.IsZero() {
		return m.askAt()
	}
	return m.started.Add(m.config.InitialFallbackTimeout)
}

// reresolve reports whether a stream has ended since the last call of reresolve. Then the
// resolver should look again.
func (m *machine) reresolve() bool {
	news := m.status.Ends != m.ends
	m.ends = m.status.Ends
	return news
}

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
	// ends it. It goes over to fallback when the resolver names no balancer, all balancers
	// have been asked without a list, a balancer asks for fallback, or the time is up. An
	// error of the resolver has no effect once it has named a balancer.
	waiting mode = iota

	// balanced: the balancer's latest list is in use. It goes over to fallback when the
	// balancer asks for it. If there are fallback addresses it also does when the resolver
	// takes the balancers away, and when contact is lost, no backend is READY, and none is
	// being connected for the first time. An empty list, new fallback addresses and an
	// error of the resolver do not change the mode.
	balanced

	// fallback: the resolver's addresses are in use. Only a list that is not empty ends
	// it. Nothing else does: not a backend of the last list that recovers, nor a new
	// stream, an empty list, another request for fallback, or an error of the resolver.
	// Those change at most the reason in errors.
	fallback
)

// A machine decides which backends to use. It is told events, and decides in check. It
// has no goroutine, channel or clock.
//
// It is told each update of the resolver, and check follows each, so balancers that are
// taken away and come back at once have been away (see stream.readded). Of the stream and the
// group it is told the latest state only.
type machine struct {
	name string // the service name to ask for if the config has none

	// What it was told last.
	config    Config
	child     *hosted.Child       // the child policy of that config
	updates   uint64              // how many updates the resolver has made
	balancers []resolver.Address  // the balancers to ask
	backends  []resolver.Endpoint // the fallback backends
	status    lbstream.Status     // of the stream to the balancer
	group     rrgroup.Aggregate   // of the backends

	// What it has decided.
	mode    mode
	since   time.Time     // when it went over to that mode; zero before the first settle
	sinceOf mode          // the mode that this is about
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

	// What has come of it.
	told told
	todo []action // for the policy

	// What the log has of it.
	remarks  []diary.Remark // to be logged
	episodes episodes       // that have begun
	contact  bool           // status.Contact as of the last remarks
	noted    *tokens.List   // list as of the last remarks
	unknown  string         // the unknown fields of the config
}

// Two plans without backends. There is one of each, so that the group is not told the
// same plan twice.
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

// resolverFailed takes an error of the resolver. It matters only while no balancer and
// no list is known.
func (m *machine) resolverFailed(err error) {
	if m.mode == waiting && len(m.balancers) == 0 {
		m.plan = &rrgroup.Plan{Unserved: fmt.Errorf("grpclb is waiting for a balancer: %w", err)}
	}
}

// contacted takes the status of the stream. If there are no balancers, the status is from
// before they were taken away.
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

// check decides about the mode, whatever event came last.
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

// deadline returns when check has to be called even if nothing happens; zero: never.
func (m *machine) deadline() time.Time {
	if m.mode != waiting || m.started.IsZero() {
		return m.askAt()
	}
	return m.started.Add(m.config.InitialFallbackTimeout)
}

// reresolve reports, once for each stream that ended, that the resolver should look
// again.
func (m *machine) reresolve() bool {
	news := m.status.Ends != m.ends
	m.ends = m.status.Ends
	return news
}

package grpclb

import (
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/hosted"
	"github.com/actorlb/grpclb/lbstream"
	"github.com/actorlb/grpclb/rrgroup"
	"github.com/actorlb/grpclb/tokens"
)

// A mode is where the backends come from.
type mode uint8

const (
	// waiting: nothing has said yet which backends to use; calls wait. Left by
	// a server list, or for fallback when there is no balancer, all balancers
	// have been asked in vain, one asks for it, or the time is up. What
	// the backends do means nothing here, there are none. An error of the
	// resolver means nothing once it has named a balancer.
	waiting mode = iota

	// balanced: the balancer's latest list is in use. Left for fallback when
	// the balancer asks for it, when the resolver takes the balancers away, or
	// when contact is lost, no backend is READY, and none of the list is still
	// being connected for the first time; the last two only if there are fallback
	// addresses. An empty list, new fallback addresses and an error of the
	// resolver do not change the mode.
	balanced

	// fallback: the resolver's addresses are in use. Left only by a list that
	// is not empty. That list backends recover, that the balancer is reached
	// again or asks for fallback once more, an empty list, an error of the
	// resolver, and the time, change at most the reason that is given.
	fallback
)

// A machine decides which backends to use. It is told events and draws its
// conclusions in check; it has no goroutine, channel or clock of its own.
//
// It is told each update of the resolver, and check follows each: balancers that go
// and come back at once have been away (see stream.readded). Of the stream and the
// group it is told how things stand; a change that is undone before it is told of
// is not seen.
type machine struct {
	// What it was told last.
	config    Config
	child     *hosted.Child       // what picks, by that config
	updates   uint64              // how often the resolver has found something
	balancers []resolver.Address  // where to ask for lists
	backends  []resolver.Endpoint // the ones to fall back to
	status    lbstream.Status     // of the call to the balancer
	group     rrgroup.Aggregate   // how the backends stand

	// What it has decided.
	mode    mode
	started time.Time     // when there were balancers first; zero before
	list    *tokens.List  // the latest that is not empty, if the mode is balanced
	stream  uint64        // the number of the stream that it came from
	empty   bool          // the balancer's latest list is an empty one
	because error         // why it is in fallback
	plan    *rrgroup.Plan // for the group; nil until the resolver has said something
	ends    uint64        // ended calls for which re-resolution was asked
	dry     drought       // of the list in use
	asks    bool          // the balancer is to be asked again
	remarks []remark      // for the log
	unknown string        // fields of the config, as they were remarked on
}

// Two plans that name nobody. There is one of each, so that to decide the same
// again is no news to the group.
var (
	waitPlan  = &rrgroup.Plan{}
	emptyPlan = &rrgroup.Plan{Unserved: errors.New("grpclb is using the balancer's server list: it is empty")}
)

func newMachine(config Config) *machine { return &machine{config: config} }

// update is told what the resolver has found.
func (m *machine) update(u resolved, now time.Time) {
	rehosted := m.config.ChildPolicy != u.config.ChildPolicy || m.config.BackendHealthCheck != u.config.BackendHealthCheck
	m.config, m.child, m.balancers, m.backends = u.config, u.child, u.balancers, u.backends
	if m.started.IsZero() && len(m.balancers) > 0 {
		m.started = now
	}
	m.updates++
	m.remarkUnknown(u.unknown)
	switch {
	case m.mode == waiting:
		m.plan = waitPlan // if calls failed with an error of the resolver, they wait again
	case m.mode == fallback:
		m.updateFallback()
	case len(m.balancers) == 0 && len(m.backends) > 0:
		m.fallBack(errTakenAway)
	default:
		m.updateBalanced(rehosted)
	}
}

// resolverFailed is told that the resolver found nothing. That matters only
// while there is nothing else to go by.
func (m *machine) resolverFailed(err error) {
	if m.mode == waiting && len(m.balancers) == 0 {
		m.plan = &rrgroup.Plan{Unserved: fmt.Errorf("grpclb is waiting for a balancer: %w", err)}
	}
}

// contacted is told how the call to the balancer stands. While there are no
// balancers, that is about the time when there were.
func (m *machine) contacted(s lbstream.Status) {
	if m.mode == balanced && m.status.Contact && !s.Contact && s.Err != nil {
		m.remark(aboutContact, "contact with the balancer is lost: %v", s.Err)
	}
	old := m.status
	m.status = s
	if len(m.balancers) == 0 {
		return
	}
	switch {
	case s.Asked && (m.mode != fallback || !old.Asked):
		m.fallBack(errAsked)
	case !s.Asked && s.Fulls != old.Fulls:
		m.listed(s.Full)
	}
	if s.Lists != old.Lists && s.List.Empty() {
		m.listedEmpty(s.List) // whatever came before it
	}
}

// aggregated is told how the backends stand.
func (m *machine) aggregated(a rrgroup.Aggregate) { m.group = a }

// check draws the conclusions that follow from how things stand, whatever came
// last.
func (m *machine) check(now time.Time) {
	switch m.mode {
	case waiting:
		m.checkWaiting(now)
	case balanced:
		if m.forsaken() && len(m.backends) > 0 {
			m.fallBack(fmt.Errorf("the balancer was out of contact and no backend was READY: %w", m.silence()))
		}
	}
	m.checkDry(now)
}

func (m *machine) checkWaiting(now time.Time) {
	switch {
	case m.updates == 0:
	case len(m.balancers) == 0:
		m.fallBack(errNoBalancer)
	case m.status.Rounds > 0:
		m.fallBack(fmt.Errorf("no server list came from the balancer: %w", m.silence()))
	case !now.Before(m.deadline()):
		m.fallBack(fmt.Errorf("no server list came from the balancer within %v", m.config.InitialFallbackTimeout))
	}
}

// silence says why the balancer is out of contact.
func (m *machine) silence() error {
	if m.status.Err == nil {
		return errors.New("it is silent")
	}
	return m.status.Err
}

// deadline returns when check has something to decide even if nothing happens;
// zero if never.
func (m *machine) deadline() time.Time {
	if m.mode != waiting || m.started.IsZero() {
		return m.dryAt()
	}
	return m.started.Add(m.config.InitialFallbackTimeout)
}

// remark leaves something for the log.
func (m *machine) remark(about topic, format string, words ...any) {
	m.remarks = append(m.remarks, remark{about, fmt.Sprintf(format, words...)})
}

// takeRemarks returns what there is for the log since it was asked last.
func (m *machine) takeRemarks() []remark {
	all := m.remarks
	m.remarks = nil
	return all
}

// reresolve reports, once for each call to a balancer that ended, that the
// resolver should look again.
func (m *machine) reresolve() bool {
	news := m.status.Ends != m.ends
	m.ends = m.status.Ends
	return news
}

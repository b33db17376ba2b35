package grpclb

import (
	"time"

	"github.com/actorlb/grpclb/internal/diary"
)

// What the policy's log lines are about. See log.levels: about each topic there is at most one line a second.
const (
	aboutContact  diary.Topic = iota // contact with the balancer is lost, or back
	aboutBackends                    // no backend is READY, or one is again
	aboutEmpty                       // the balancer's list is empty, or is no longer
	aboutFallback                    // fallback began, or is over
	aboutEntries                     // skipped entries of a list
	aboutTokens                      // tokens of a list that are out of specification
	aboutList                        // a list has changed something
	aboutConfig                      // unknown fields of a config
	aboutCreds                       // the channel's credentials
)

// episodes are the troubles that the log tells of, besides fallback. See log.both-ways. The narrators
// below follow each event: those of causes before the machine decides about the mode, the others
// after that.
type episodes struct{ contact, backends, empty diary.Episode }

// narrateContact: contact is lost if a stream brought a list and then ended, or was replaced by one that
// brings none. It is not lost if the resolver has taken the balancers away.
func (m *machine) narrateContact(now time.Time) {
	e := &m.episodes.contact
	had := m.contact
	m.contact = m.status.Contact
	switch {
	case m.contact && e.Lasts():
		m.informf(aboutContact, "contact with the balancer is back after %v", e.End(now))
	case had && !m.contact && m.status.Err != nil && len(m.balancers) > 0 && e.Begin(now):
		m.warnf(aboutContact, "contact with the balancer is lost: %v", m.status.Err)
	}
}

// narrateBackends: what the group says of an earlier plan does not count, and a child that waits for
// calls before it connects is no trouble.
func (m *machine) narrateBackends(now time.Time) {
	e, g := &m.episodes.backends, m.group
	switch of := m.backendsOf(); {
	case g.Plan != m.plan:
	case g.Ready && e.Lasts():
		m.informf(aboutBackends, "a backend is READY, after %v without one", e.End(now))
	case of != "" && !g.Ready && !g.Arriving && !g.Resting && e.Begin(now):
		m.warnf(aboutBackends, "no backend %s is READY", of)
	}
}

// backendsOf says where the backends of the plan come from. It returns "" if the plan has none.
func (m *machine) backendsOf() string {
	switch {
	case m.plan == nil:
		return ""
	case m.plan.List.Backends() > 0:
		return "of the balancer's server list"
	case len(m.plan.Endpoints) > 0:
		return "of the fallback addresses"
	}
	return ""
}

func (m *machine) narrateEmpty(now time.Time) {
	switch e := &m.episodes.empty; {
	case m.empty && e.Begin(now):
		m.warnf(aboutEmpty, "the balancer's server list is empty: %s", m.onEmpty())
	case !m.empty && e.Lasts():
		m.informf(aboutEmpty, "the balancer's server list is no longer empty, after %v", e.End(now))
	}
}

// onEmpty says what an empty list means for calls.
func (m *machine) onEmpty() string {
	switch how := m.config.EmptyServerList; {
	case m.mode == fallback:
		return "the fallback addresses stay in use"
	case how == KeepOnEmpty && m.list != nil:
		return "the list before it stays in use"
	case how == FailOnEmpty:
		return "calls fail"
	default:
		return "calls wait"
	}
}

// narrateFallback: the mode is another one than the one noted.
func (m *machine) narrateFallback(now time.Time) {
	switch fallback {
	case m.mode:
		m.warnf(aboutFallback, "in fallback because %v", m.because)
	case m.sinceOf:
		m.informf(aboutFallback, "fallback is over after %v: the balancer has sent a server list", diary.Took(m.since, now))
	}
}

func (m *machine) warnf(about diary.Topic, format string, words ...any) {
	m.remark(diary.Warningf(about, format, words...))
}

func (m *machine) informf(about diary.Topic, format string, words ...any) {
	m.remark(diary.Infof(about, format, words...))
}

// remark adds a line for the log.
func (m *machine) remark(r diary.Remark) { m.remarks = append(m.remarks, r) }

// takeRemarks returns the lines for the log, once.
func (m *machine) takeRemarks() []diary.Remark {
	all := m.remarks
	m.remarks = nil
	return all
}

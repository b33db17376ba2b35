package grpclb

import (
	"cmp"
	"slices"
	"time"

	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/lbstream"
	"github.com/actorlb/grpclb/pending"
	"github.com/actorlb/grpclb/rrgroup"
	"github.com/actorlb/grpclb/tokens"
)

// state makes the State of the answers.
func (a *answers) state() *State {
	return &State{
		At:          a.at,
		Target:      a.about.target,
		Channelz:    a.about.channelz,
		Mode:        a.policy.state(),
		Stream:      streamOf(a.stream),
		List:        a.list(),
		Generations: generationsOf(a.group.Generations),
		Backends:    a.backends(),
		Pending:     pendingOf(a.pending, a.at),
		LastReport:  reportOf(a.stream.LastReport),
		Config:      configOf(a.policy.config, a.about.defaults, a.policy.unknown),
	}
}

func (d decided) state() ModeState {
	m := ModeState{Name: d.mode.String(), Since: d.since, Reason: d.reason}
	for _, e := range d.backends {
		for _, addr := range e.Addresses {
			m.Fallback = append(m.Fallback, addr.Addr)
		}
	}
	return m
}

func streamOf(s lbstream.State) StreamState {
	return StreamState{
		Phase:     s.Phase,
		Contact:   s.Status.Contact,
		Asked:     s.Status.Asked,
		Number:    s.Number,
		Ended:     s.Status.Ends,
		Service:   s.Service,
		Address:   s.Address,
		Name:      serverName(s.Balancers, s.Address),
		Opened:    s.Opened,
		LastEnd:   endOf(s.LastEnd),
		Next:      s.Next,
		Balancers: addressesOf(s.Balancers),
		Messages:  s.Messages,
		Bytes:     s.Bytes,
		Lists:     s.Status.Lists,
	}
}

// serverName returns the name by which the balancer at the address is authenticated, if the
// resolver gave one. If none of the balancers has the address, because of a proxy or a
// dialer, the result is empty.
func serverName(balancers []resolver.Address, addr string) string {
	for _, b := range balancers {
		if b.Addr == addr {
			return b.ServerName
		}
	}
	return ""
}

func addressesOf(all []resolver.Address) []string {
	texts := make([]string, 0, len(all))
	for _, a := range all {
		texts = append(texts, a.Addr)
	}
	return texts
}

func endOf(e *lbstream.End) *EndState {
	if e == nil {
		return nil
	}
	return &EndState{At: e.At, Address: e.From, Error: e.Err.Error()}
}

// list describes the latest list that is not empty.
func (a *answers) list() *ListState {
	s := a.stream.Status
	if s.Full == nil {
		return nil
	}
	l := &ListState{
		Number:       a.stream.FullNumber,
		Stream:       s.FullStream,
		At:           a.stream.FullAt,
		InUse:        a.policy.list != nil && a.policy.list.Equal(s.Full),
		Empty:        s.List.Empty(),
		Drops:        s.Full.Drops(),
		DropShare:    part(s.Full.Drops(), len(s.Full.Entries)),
		Entries:      make([]EntryState, 0, len(s.Full.Entries)),
		Skipped:      faultsOf(s.Full.Rejected),
		SkippedCount: s.Full.RejectedCount,
		Faulty:       faultsOf(s.Full.Warnings),
		FaultyCount:  s.Full.WarningCount,
	}
	for _, e := range s.Full.Entries {
		l.Entries = append(l.Entries, EntryState{Address: e.Addr, Token: e.Token, Drop: e.Drop})
	}
	return l
}

func part(n, of int) float64 { return float64(n) / float64(max(of, 1)) }

func faultsOf(all []tokens.Remark) (faults []FaultState) {
	for _, r := range all {
		faults = append(faults, FaultState(r))
	}
	return faults
}

func generationsOf(all []rrgroup.GenerationState) []GenerationState {
	gs := make([]GenerationState, 0, len(all))
	for _, g := range all {
		gs = append(gs, GenerationState{
			Number:   g.Number,
			Role:     string(g.Role),
			Since:    g.Since,
			Of:       namer(g.Provenance),
			Stream:   g.Stream,
			Child:    g.Child,
			Places:   g.Places,
			Backends: g.Backends,
			Ready:    g.Ready,
			Started:  g.Started,
			Finished: g.Finished,
			InFlight: g.Started - g.Finished,
		})
	}
	slices.SortFunc(gs, func(a, b GenerationState) int { return cmp.Compare(a.Number, b.Number) })
	return gs
}

// namer returns who named a backend, as GenerationState.Of and BackendState.Of have it.
func namer(p rrgroup.Provenance) string {
	if p == rrgroup.FromResolver {
		return "fallback"
	}
	return "list"
}

func pendingOf(s pending.Stats, now time.Time) PendingState {
	p := PendingState{Depth: s.Depth, Parked: s.Parked, Released: s.Released, Cancelled: s.Cancelled, Refused: s.Refused}
	if s.Depth > 0 {
		p.Oldest = now.Add(-s.Oldest)
	}
	return p
}

func reportOf(r *lbstream.Report) *ReportState {
	if r == nil {
		return nil
	}
	c := r.Counts
	s := &ReportState{
		At: r.At, Stream: r.Stream,
		Started: c.Started, Finished: c.Finished, FailedToSend: c.FailedToSend, KnownReceived: c.KnownReceived,
	}
	for _, d := range c.Dropped {
		s.Dropped = append(s.Dropped, DropState(d))
	}
	return s
}

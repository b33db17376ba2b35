package grpclb

import (
	"cmp"
	"slices"

	"github.com/actorlb/grpclb/rrgroup"
)

// A place is a backend of a plan: the same address may be named by a list and by the resolver.
type place struct {
	addr string
	by   rrgroup.Provenance
}

// backends describes the SubConns, with what the list in use and the generations say about
// their addresses.
func (a *answers) backends() []BackendState {
	entries, finished := a.entries(), a.finished()
	all := make([]BackendState, 0, len(a.group.SubConns))
	for _, c := range a.group.SubConns {
		b := backendOf(c)
		at := place{c.Addr, c.Provenance}
		b.Finished = int64(finished[at])
		if own := entries[at]; own != nil {
			b.Tokens, b.Share = own.distinct(), part(own.n, len(a.policy.list.Entries))
		}
		all = append(all, b)
	}
	slices.SortFunc(all, func(a, b BackendState) int { return cmp.Or(cmp.Compare(a.Address, b.Address), cmp.Compare(b.Of, a.Of)) })
	return all
}

func backendOf(c rrgroup.SubConnState) BackendState {
	b := BackendState{
		Address: c.Addr, Of: namer(c.Provenance), State: c.State.String(), Since: c.Since,
		Draining: c.Draining, Lingering: c.Lingers,
	}
	if c.Err != nil {
		b.Error = c.Err.Error()
	}
	for _, number := range c.Serves {
		if number != 0 {
			b.Generations = append(b.Generations, number)
		}
	}
	return b
}

// listed is how often a list names an address, and with which tokens.
type listed struct {
	n      int
	tokens []string
}

// entries returns the addresses that the list in use names.
func (a *answers) entries() map[place]*listed {
	all := map[place]*listed{}
	if a.policy.list == nil {
		return all
	}
	for _, e := range a.policy.list.Entries {
		if e.Drop {
			continue
		}
		at := place{e.Addr, rrgroup.FromBalancer}
		if all[at] == nil {
			all[at] = new(listed)
		}
		all[at].n++
		all[at].tokens = append(all[at].tokens, e.Token)
	}
	return all
}

// distinct returns each token once, in order.
func (l *listed) distinct() []string {
	slices.Sort(l.tokens)
	return slices.Compact(l.tokens)
}

// finished returns how many calls are over that went to each address.
func (a *answers) finished() map[place]uint64 {
	all := map[place]uint64{}
	for _, g := range a.group.Generations {
		for addr, calls := range g.FinishedCalls {
			all[place{addr, g.Provenance}] += calls
		}
	}
	return all
}

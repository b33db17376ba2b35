package grpclb

import (
	"cmp"
	"slices"

	"github.com/actorlb/grpclb/rrgroup"
	"github.com/actorlb/grpclb/tokens"
)

// A place is a backend of a plan: the same address may be named by a list and by the resolver.
type place struct {
	addr string
	by   rrgroup.Provenance
}

// A figure is what the list in use and the generations have of a place.
type figure struct {
	entries  []*tokens.Entry // of the list in use; nil if there are none
	finished uint64
}

// backends describes the SubConns. There may be ten thousand, so memory is allocated for all
// of them at once, and pointers are sorted instead of values.
func (a *answers) backends() []BackendState {
	figures := a.figures()
	conns := byAddress(a.group.SubConns)
	numbers := make([]uint64, 0, 2*len(conns))
	all := make([]BackendState, len(conns))
	for i, c := range conns {
		b := &all[i]
		*b = backendOf(c)
		numbers = append(numbers, c.Serves[:]...)
		b.Generations = withoutZero(numbers[len(numbers)-2:])
		if f := figures[place{c.Addr, c.Provenance}]; f != nil {
			b.Finished = int64(f.finished)
			b.Tokens, b.Share = tokensOf(f.entries), part(len(f.entries), a.entries())
		}
	}
	return all
}

// byAddress returns the SubConns in the order of their addresses. If a list and the resolver name an
// address, that of the list comes first.
func byAddress(conns []rrgroup.SubConnState) []*rrgroup.SubConnState {
	sorted := make([]*rrgroup.SubConnState, len(conns))
	for i := range conns {
		sorted[i] = &conns[i]
	}
	slices.SortFunc(sorted, func(a, b *rrgroup.SubConnState) int {
		return cmp.Or(cmp.Compare(a.Addr, b.Addr), cmp.Compare(a.Provenance, b.Provenance))
	})
	return sorted
}

func backendOf(c *rrgroup.SubConnState) BackendState {
	b := BackendState{
		Address: c.Addr, Of: namer(c.Provenance), State: c.State.String(), Since: c.Since,
		Draining: c.Draining, Lingering: c.Lingers,
	}
	if c.Err != nil {
		b.Error = c.Err.Error()
	}
	return b
}

// withoutZero returns the numbers that are not zero; nil if all are.
func withoutZero(numbers []uint64) []uint64 {
	some := slices.DeleteFunc(numbers, func(n uint64) bool { return n == 0 })
	if len(some) == 0 {
		return nil
	}
	return slices.Clip(some)
}

// tokensOf returns the tokens of entries, each once.
func tokensOf(entries []*tokens.Entry) []string {
	if len(entries) == 0 {
		return nil
	}
	all := make([]string, len(entries))
	for i, e := range entries {
		all[i] = e.Token
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// entries returns how many entries the list in use has.
func (a *answers) entries() int {
	if a.policy.list == nil {
		return 0
	}
	return len(a.policy.list.Entries)
}

// figures returns the figure of each place.
func (a *answers) figures() map[place]*figure {
	all := make(map[place]*figure, len(a.group.SubConns))
	room := make([]figure, 0, a.entries()) // one allocation for most places
	at := func(addr string, by rrgroup.Provenance) *figure {
		f := all[place{addr, by}]
		if f == nil {
			room = append(room, figure{})
			f = &room[len(room)-1]
			all[place{addr, by}] = f
		}
		return f
	}
	if a.policy.list != nil {
		for i, e := range a.policy.list.Entries {
			if e.Drop {
				continue
			}
			f := at(e.Addr, rrgroup.FromBalancer)
			if f.entries == nil { // most places have one entry: take it without an allocation
				f.entries = a.policy.list.Entries[i : i+1 : i+1]
			} else {
				f.entries = append(f.entries, e)
			}
		}
	}
	for _, g := range a.group.Generations {
		for addr, calls := range g.FinishedCalls {
			at(addr, g.Provenance).finished += calls
		}
	}
	return all
}

package admin

import (
	"cmp"
	"maps"
	"slices"

	"github.com/actorlb/grpclb/grpclbd/internal/store"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
)

// A total is what clients reported to one replica.
type total struct {
	store.Total
	Replica store.Replica
	Own     bool // it is this process
}

// totals returns what clients of a service reported to each replica; of all services for "".
func totals(s view.State, service string) (all []total) {
	own := store.Replica{Name: s.Replica, Started: s.Started, Written: s.At}
	for _, v := range s.Services {
		own.Services = append(own.Services, v.Total) // newer than what is in the store
	}
	all = append(all, total{sum(own, service), own, true})
	for _, r := range s.Replicas {
		if r.Name != s.Replica {
			all = append(all, total{sum(r, service), r, false})
		}
	}
	return all
}

func sum(r store.Replica, service string) store.Total {
	sum := store.Total{Drops: map[string]int64{}}
	for _, t := range r.Services {
		if service != "" && t.Service != service {
			continue
		}
		sum.Clients += t.Clients
		sum.Started += t.Started
		sum.Finished += t.Finished
		sum.Failed += t.Failed
		sum.Known += t.Known
		for token, n := range t.Drops {
			sum.Drops[token] += n
		}
	}
	return sum
}

// Stale reports whether the total is old.
func (t total) Stale(s view.State) bool { return s.At.Sub(t.Replica.Written) > staleAfter }

// A drop is how many calls were dropped for a token.
type drop struct {
	Token string
	Calls int64
}

// shownDrops is how many tokens a line has.
const shownDrops = 8

// Dropped returns the drops with the most calls first.
func (t total) Dropped() (all []drop) {
	for _, token := range slices.Sorted(maps.Keys(t.Drops)) {
		all = append(all, drop{token, t.Drops[token]})
	}
	slices.SortStableFunc(all, func(a, b drop) int { return cmp.Compare(b.Calls, a.Calls) })
	return all[:min(len(all), shownDrops)]
}

// More is how many tokens are not shown.
func (t total) More() int { return max(0, len(t.Drops)-shownDrops) }

package fleet

import (
	"slices"

	"github.com/actorlb/grpclb/lbserver"
	"github.com/actorlb/grpclb/lbserver/assign"
)

// Subsets say which clients get which backends (rule subset). There is one for each group and
// zone, and one more for what the zone spills to the others.
type subsets struct {
	size  int // backends of a client; 0: all
	byKey map[subsetKey]*choice
}

// A choice is the subsets of a key.
type choice struct {
	*assign.Subsets
	size int
	from []string // the backends
}

type subsetKey struct {
	group int
	zone  string
	far   bool
}

func newSubsets(size int) subsets {
	return subsets{size: size, byKey: map[subsetKey]*choice{}}
}

// sizeOf returns how many backends a client gets of a group. Canaries come on top, so that another
// share for them moves no client among the others: as many as their share of the calls is of
// the subset, at least one.
func (s *subsets) sizeOf(group, share int) int {
	if group == canary {
		return (s.size*max(share, 1) + 99) / 100
	}
	return s.size
}

// give gives the subsets of a key, which are made if need be, the backends to choose from.
func (s *subsets) give(key subsetKey, size int, servers []lbserver.Server) {
	all := s.byKey[key]
	if all == nil || all.size != size {
		all = &choice{assign.NewSubsets(size, 1), size, nil}
		s.byKey[key] = all
	}
	if now := addresses(servers); !slices.Equal(now, all.from) {
		all.from = now
		all.SetBackends(now)
	}
}

// set gives both subsets of a group and zone the backends to choose from: those of the other
// zones only if calls spill.
func (s *subsets) set(group int, zone string, size int, p *pool) {
	s.give(subsetKey{group, zone, false}, size, p.owns)
	var far []lbserver.Server
	if p.spilt > 0 || len(p.owns) == 0 {
		far = p.fars
	}
	s.give(subsetKey{group, zone, true}, size, far)
}

// choose returns the servers that a client gets of a group; of a zone to which it belongs.
func (s *subsets) choose(group int, zone, client string, p *pool) (own, far []lbserver.Server) {
	return chosen(s.byKey[subsetKey{group, zone, false}].Join(client), p.own),
		chosen(s.byKey[subsetKey{group, zone, true}].Join(client), p.far)
}

// leave forgets a client.
func (s *subsets) leave(zone, client string) {
	for key, all := range s.byKey {
		if key.zone == zone {
			all.Leave(client)
		}
	}
}

// level makes up for clients that have left. It returns whether a subset has changed.
func (s *subsets) level() (changed bool) {
	for _, all := range s.byKey {
		changed = len(all.Level()) > 0 || changed
	}
	return changed
}

func addresses(servers []lbserver.Server) []string {
	all := make([]string, len(servers))
	for i, s := range servers {
		all[i] = s.Address
	}
	return all
}

func chosen(addresses []string, from map[string]lbserver.Server) []lbserver.Server {
	servers := make([]lbserver.Server, 0, len(addresses))
	for _, a := range addresses {
		servers = append(servers, from[a])
	}
	return servers
}

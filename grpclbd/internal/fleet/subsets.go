package fleet

import "github.com/actorlb/grpclb/lbserver/assign"

// Subsets say which clients get which backends (rule subset). They choose among the backends
// that are served, so each client has as many as it should, whatever is unhealthy or drained.
// Clients are known by the names of their classes.
type subsets struct {
	size   int // backends of a client; 0: all
	few    int // the same of canaries
	spread int // by how many clients two backends may differ
	group  [groups]*assign.ZoneSubsets
}

// nowhere is the zone of clients and backends of which no zone is known. It is not "": clients of
// no zone choose from all backends alike.
const nowhere = "\x00"

// set gives the subsets the backends to choose from. Canaries come on top of the others, so that
// another share for them moves nobody else: as many as their share of the calls is of the subset, at
// least one.
func (s *subsets) set(size, spread, share int, p placing) {
	few := (size*max(share, 1) + 99) / 100
	if size == 0 {
		*s = subsets{}
		return
	}
	if size != s.size || spread != s.spread {
		s.size, s.group[stable] = size, assign.NewZoneSubsets(size, spread)
	}
	if few != s.few || spread != s.spread {
		s.few, s.group[canary] = few, assign.NewZoneSubsets(few, spread)
	}
	s.spread = spread
	for g, all := range s.group {
		all.SetBackends(served(p[g]))
	}
}

// choose returns the backends of a client from a group.
func (s *subsets) choose(group int, client, zone string) []assign.Backend {
	if zone == "" {
		zone = nowhere
	}
	return s.group[group].Join(client, zone)
}

// leave forgets a client.
func (s *subsets) leave(client string) {
	if s.size == 0 {
		return
	}
	for _, all := range s.group {
		all.Leave(client)
	}
}

// level makes up for clients that have left. It returns whether a subset has changed.
func (s *subsets) level() (changed bool) {
	if s.size == 0 {
		return false
	}
	for _, all := range s.group {
		changed = len(all.Level()) > 0 || changed
	}
	return changed
}

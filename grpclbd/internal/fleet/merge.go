package fleet

import (
	"fmt"
	"maps"
	"slices"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
)

// A merged backend is one of the service, and the source that describes it.
type merged struct {
	backend.Backend
	slot int
	held bool // its source has taken it away
}

// merge returns the backends of all sources by address: of the same address the first
// source's word counts (rule source.merge). conflicts are the addresses that a later
// source describes differently, with a sentence each.
func merge(sources []*entry) (all map[string]merged, conflicts map[string]string) {
	all = make(map[string]merged)
	conflicts = make(map[string]string)
	first := make(map[int]*entry)
	for _, e := range sources {
		first[e.slot] = e
		for _, b := range e.inForce {
			other, there := all[b.Address]
			_, held := e.held[b.Address]
			switch {
			case !there || other.held && !held:
				all[b.Address] = merged{b, e.slot, held}
			case !held && !other.Equal(b):
				conflicts[b.Address] = fmt.Sprintf("%s: %v says %s, %v says %s; the first is used",
					b.Address, first[other.slot], inWords(other.Backend), e, inWords(b))
			}
		}
	}
	return all, conflicts
}

// inWords is how a conflict describes a backend.
func inWords(b backend.Backend) string {
	s := fmt.Sprintf("weight %d", b.Weight)
	if b.Zone != "" {
		s += fmt.Sprintf(", zone %q", b.Zone)
	}
	if b.Token != "" {
		s += fmt.Sprintf(", token %q", b.Token)
	}
	for _, k := range slices.Sorted(maps.Keys(b.Labels)) {
		s += fmt.Sprintf(", %s=%s", k, b.Labels[k])
	}
	return s
}

package fleet

import (
	"github.com/actorlb/grpclb/lbserver"
	"github.com/actorlb/grpclb/lbserver/assign"
)

// A pool is what clients of one zone choose from in one group: the served backends of
// their zone, and those of all others (rule zone).
type pool struct {
	own, far    map[string]lbserver.Server // by address; for subsets
	owns, fars  []lbserver.Server          // by address
	kept, spilt int                        // shares of the calls that stay in the zone, and that do not
}

// pool returns what clients of the zone choose from. Clients of no zone, and of a zone without
// backends, choose from all.
func (g *group) pool(zone string, spill int) *pool {
	p := g.zones[zone]
	if p == nil {
		p = g.newPool(zone, spill)
		g.zones[zone] = p
	}
	return p
}

func (g *group) newPool(zone string, spill int) *pool {
	p := &pool{own: map[string]lbserver.Server{}, far: map[string]lbserver.Server{}}
	healthy, all := uint64(0), uint64(0)
	for _, b := range g.places {
		if zone != "" && b.zone == zone {
			all += uint64(b.full)
		}
	}
	for _, b := range g.places {
		near := all == 0 || b.zone == zone
		switch {
		case !b.served:
		case near:
			healthy += uint64(b.full)
			p.own[b.Address], p.owns = b.Server, append(p.owns, b.Server)
		default:
			p.far[b.Address], p.fars = b.Server, append(p.fars, b.Server)
		}
	}
	p.kept, p.spilt = shares(healthy, all, spill)
	return p
}

// shares says how the calls of a zone are divided: all stay while spill per cent of its
// weight are healthy, and healthy/spill of them below.
func shares(healthy, all uint64, spill int) (kept, spilt int) {
	const fine = 1 << 20 // so finely is the share of the calls known
	carries, needed := 100*float64(healthy), float64(spill)*float64(all)
	if carries >= needed {
		return fine, 0
	}
	kept = int(carries / needed * fine)
	return kept, fine - kept
}

// list returns the servers of a class from this group, with weights in relation to each
// other.
func (p *pool) list(own, far []lbserver.Server) []lbserver.Server {
	switch {
	case len(own) == 0:
		return far
	case len(far) == 0 || p.spilt == 0:
		return own
	case p.kept == 0:
		return far
	}
	return mix(assign.Part{Servers: own, Share: p.kept}, assign.Part{Servers: far, Share: p.spilt})
}

// mix is assign.Mix of parts that it can't refuse: all weights and shares are in range.
func mix(parts ...assign.Part) []lbserver.Server {
	servers, err := assign.Mix(parts...)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return servers
}

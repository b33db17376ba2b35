package fleet

import (
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/lbserver"
	"github.com/actorlb/grpclb/lbserver/assign"
)

// Lists has what the lists of all classes are made of. It is made anew with each placing.
type lists struct {
	placing placing
	shares  [groups]int // of the calls
	spill   int
	drops   []config.Drop

	zones [groups]map[string]zoneList // those that a class has needed
}

// A zoneList is the list of one group for clients of one zone, without subsets.
type zoneList struct {
	servers     []lbserver.Server
	kept, spilt int // weights of the zone's own backends, and of the others in the list
}

func newLists(cfg config.Service, p placing, drops []config.Drop) lists {
	l := lists{placing: p, drops: drops, shares: [groups]int{100, 0}}
	if cfg.Canary != nil {
		l.shares = [groups]int{100 - cfg.Canary.Percent, cfg.Canary.Percent}
	}
	if cfg.Zones != nil {
		l.spill = cfg.Zones.Spill
	}
	for g := range l.zones {
		l.zones[g] = map[string]zoneList{}
	}
	return l
}

// of returns the list of a class: of each group what the class gets, mixed by the groups'
// shares, with the drops.
func (l *lists) of(cl *class, s *subsets) []lbserver.Server {
	var servers [groups][]lbserver.Server
	for g := range servers {
		servers[g] = l.fromGroup(g, cl, s)
	}
	return l.mixed(servers)
}

// fromGroup returns what the class gets of one group. With subsets the client's own backends stand for
// all of its zone, and the others that it has for all others.
func (l *lists) fromGroup(g int, cl *class, s *subsets) []lbserver.Server {
	zone := cl.zone
	if l.spill == 0 {
		zone = ""
	}
	all := l.zone(g, zone)
	if cl.client == "" || s.size == 0 {
		return all.servers
	}
	own, far := make([]lbserver.Server, 0, s.size), make([]lbserver.Server, 0, s.size)
	for _, b := range s.choose(g, cl.name, zone) {
		if zone != "" && b.Zone == zone {
			own = append(own, b.Server)
		} else {
			far = append(far, b.Server)
		}
	}
	switch {
	case all.kept == 0:
		return far
	case all.spilt == 0:
		return own
	}
	return mix(assign.Part{Servers: own, Share: all.kept}, assign.Part{Servers: far, Share: all.spilt})
}

// zone returns the list of a group for clients of a zone (rule zone). Clients of no zone get all
// backends alike.
func (l *lists) zone(g int, zone string) zoneList {
	z, made := l.zones[g][zone]
	if !made {
		z = newZoneList(l.placing[g], zone, l.spill)
		l.zones[g][zone] = z
	}
	return z
}

func newZoneList(all []assign.Backend, zone string, spill int) zoneList {
	if zone == "" {
		return zoneList{servers: assign.Healthy(all), spilt: 1}
	}
	servers, err := assign.Spill(all, zone, spill)
	if err != nil {
		panic("BUG: " + err.Error()) // the configuration was checked, and weights are in range
	}
	z := zoneList{servers: servers}
	own := servedIn(all, zone) // these come first, if the zone keeps calls
	for i, s := range servers {
		if i < own {
			z.kept += s.Weight
		} else {
			z.spilt += s.Weight
		}
	}
	return z
}

// servedIn returns how many backends of a zone are served.
func servedIn(all []assign.Backend, zone string) (n int) {
	for _, b := range all {
		if !b.Unhealthy && b.Zone == zone {
			n++
		}
	}
	return n
}

// mixed gives each group and each drop its share of the calls. A drop drops its percentage of all
// calls. If drops leave nothing, there are no servers, and the drops share the calls. A list without
// servers has no drops: calls wait.
func (l *lists) mixed(servers [groups][]lbserver.Server) []lbserver.Server {
	shares := l.shares
	switch { // a group that is alone gets all calls, whatever its share
	case len(servers[canary]) == 0:
		shares = [groups]int{stable: 100}
	case len(servers[stable]) == 0:
		shares = [groups]int{canary: 100}
	}
	if len(l.drops) == 0 && (len(servers[canary]) == 0 || len(servers[stable]) == 0) {
		return append(servers[stable], servers[canary]...)
	}
	dropped, entries := 0, []assign.Part{}
	for _, d := range l.drops {
		dropped += d.Percent
		entry := lbserver.Server{Token: d.Token, Drop: true, Weight: d.Percent}
		entries = append(entries, assign.Part{Servers: []lbserver.Server{entry}, Share: 100 * d.Percent})
	}
	if dropped >= 100 && len(servers[stable])+len(servers[canary]) > 0 {
		return onlyDrops(entries)
	}
	left := max(100-dropped, 0)
	return mix(append([]assign.Part{
		{Servers: servers[stable], Share: shares[stable] * left},
		{Servers: servers[canary], Share: shares[canary] * left},
	}, entries...)...)
}

func onlyDrops(parts []assign.Part) (all []lbserver.Server) {
	for _, p := range parts {
		all = append(all, p.Servers...)
	}
	return all
}

// mix is assign.Mix of parts that it can't refuse: all weights and shares are in range.
func mix(parts ...assign.Part) []lbserver.Server {
	servers, err := assign.Mix(parts...)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return servers
}

package fleet

import (
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/lbserver"
	"github.com/actorlb/grpclb/lbserver/assign"
)

// list returns the list of a class: of each group the part that the class has, the groups mixed
// by their shares, then the drops.
func (c *core) list(cl *class) []lbserver.Server {
	var parts []assign.Part
	for g, group := range c.groups {
		if servers := c.pick(g, group, cl); len(servers) > 0 {
			parts = append(parts, assign.Part{Servers: servers, Share: group.share})
		}
	}
	return withDrops(together(parts), c.drops)
}

// pick returns the servers of a class from one group.
func (c *core) pick(g int, group *group, cl *class) []lbserver.Server {
	p := c.pool(g, group, c.zoneOf(cl))
	if cl.client == "" || c.subsets.size == 0 {
		return p.list(p.owns, p.fars)
	}
	own, far := c.subsets.choose(g, c.zoneOf(cl), cl.client, p)
	return p.list(own, far)
}

// zoneOf returns the zone of a class; none if zones have been switched off since.
func (c *core) zoneOf(cl *class) string {
	if c.cfg.Zones == nil {
		return ""
	}
	return cl.zone
}

// pool returns what clients of a zone choose from. If it is new, the subsets get it too.
func (c *core) pool(g int, group *group, zone string) *pool {
	_, there := group.zones[zone]
	p := group.pool(zone, c.spill())
	if !there && c.subsets.size > 0 {
		c.subsets.set(g, zone, c.subsets.sizeOf(g, group.share), p)
	}
	return p
}

func (c *core) spill() int {
	if c.cfg.Zones == nil {
		return 0
	}
	return c.cfg.Zones.Spill
}

// together mixes the groups that have servers. One that is alone gets all calls, whatever its
// share.
func together(parts []assign.Part) []lbserver.Server {
	for i, p := range parts {
		if len(parts) > 1 && p.Share == 0 {
			parts = append(parts[:i:i], parts[i+1:]...)
		}
	}
	switch len(parts) {
	case 0:
		return nil
	case 1:
		return parts[0].Servers
	}
	return mix(parts...)
}

// withDrops adds entries that drop calls. Each drops its percentage of all calls. If they drop 100 %
// or more there are no servers, and the drops share the calls. A list without servers has no drops:
// calls wait.
func withDrops(servers []lbserver.Server, drops []config.Drop) []lbserver.Server {
	if len(servers) == 0 || len(drops) == 0 {
		return servers
	}
	var entries []lbserver.Server
	var parts []assign.Part
	left := 100
	for _, d := range drops {
		entry := lbserver.Server{Token: d.Token, Drop: true, Weight: d.Percent}
		entries = append(entries, entry)
		parts = append(parts, assign.Part{Servers: []lbserver.Server{entry}, Share: d.Percent})
		left -= d.Percent
	}
	if left <= 0 {
		return entries
	}
	return mix(append([]assign.Part{{Servers: servers, Share: left}}, parts...)...)
}

package fleet

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/store"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
	"github.com/actorlb/grpclb/lbserver"
)

// describe returns what is to be seen, given clients of the balancer and the answers that it
// has.
func (c *core) describe(clients []lbserver.ClientState, answers []lbserver.AnswerState, now time.Time) Seen {
	mine := c.mine(clients)
	holders := c.holders(mine)
	return Seen{Clients: c.viewClients(mine), Service: view.Service{
		Name: c.name, Mode: c.mode, Waiting: c.waiting(),
		Sources:   c.viewSources(),
		Backends:  c.viewBackends(holders),
		Guards:    c.guards(),
		Overrides: c.overrides.all,
		Classes:   c.viewClasses(mine, answers),
		Conflicts: slices.Sorted(maps.Values(c.conflicts)),
		Changes:   slices.Clone(c.changes.last),
		Total:     c.total(mine),
	}}
}

// mine returns the clients of this service.
func (c *core) mine(clients []lbserver.ClientState) (mine []lbserver.ClientState) {
	for _, cl := range clients {
		if cl.Service == c.name {
			mine = append(mine, cl)
		}
	}
	return mine
}

func (c *core) total(clients []lbserver.ClientState) store.Total {
	total := c.totals.now()
	total.Clients = len(clients)
	total.Drained = c.drained.holders(clients)
	return total
}

func (c *core) viewSources() (all []view.Source) {
	for _, e := range c.book.all() {
		s := view.Source{
			Kind: e.kind, Name: e.name, Said: e.said, Backends: e.named,
			Error: e.err, ErrorAt: e.errAt, Held: e.heldAddresses(), HeldTill: e.heldTill,
		}
		if slices.Contains(c.book.leaving, e) {
			s.Error = "not configured any more; in use until all that are have spoken"
		}
		all = append(all, s)
	}
	return all
}

// guards returns a sentence for each guard that holds something back now.
func (c *core) guards() (all []string) {
	if s := c.verdict.inWords(c.census, c.cfg.Guard.MinHealthy); s != "" {
		all = append(all, s)
	}
	for _, e := range c.book.sources {
		if n := len(e.held); n > 0 {
			all = append(all, "maxRemove: "+plural(n, "backend")+" that "+e.String()+" has taken away held, the first until "+e.heldTill.Format(time.RFC3339))
		}
	}
	if c.refusal != "" {
		all = append(all, "the balancer has refused a list, so clients keep the one before: "+c.refusal)
	}
	return all
}

func (c *core) viewClients(clients []lbserver.ClientState) (all []view.Client) {
	for _, cl := range clients {
		v := view.Client{
			ID: cl.ID, Service: c.name, Asked: cl.Asked, Peer: peerOf(cl.Client), Class: cl.Class,
			Opened: cl.Opened, Answer: cl.Answer, Handed: cl.Handed,
		}
		if s := c.streams[cl.ID]; s != nil {
			v.Zone, v.ZoneFrom, v.Reported, v.Started = s.zone, s.zoneFrom, s.reported, s.started
		}
		all = append(all, v)
	}
	return all
}

func peerOf(c lbserver.Client) string {
	if c.Peer == nil || c.Peer.Addr == nil {
		return ""
	}
	return c.Peer.Addr.String()
}

func (c *core) viewClasses(clients []lbserver.ClientState, answers []lbserver.AnswerState) (all []view.Class) {
	counts := perClass(clients)
	numbers := make(map[string]uint64, len(answers))
	for _, a := range answers {
		numbers[a.Class] = a.Number
	}
	for _, cl := range c.classes.byName {
		v := view.Class{Name: cl.name, Zone: cl.zone, Clients: counts[cl.name], Answer: numbers[cl.name], Since: cl.changed}
		if cl.told != nil {
			v.Entries = entries(cl.told.servers)
		}
		all = append(all, v)
	}
	slices.SortFunc(all, func(a, b view.Class) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// perClass counts the clients of each class.
func perClass(clients []lbserver.ClientState) map[string]int {
	counts := make(map[string]int)
	for _, cl := range clients {
		counts[cl.Class]++
	}
	return counts
}

// entries returns a list with the share of each entry.
func entries(servers []lbserver.Server) (all []view.Entry) {
	sum := 0.0
	for _, s := range servers {
		sum += float64(max(s.Weight, 1))
	}
	for _, s := range servers {
		all = append(all, view.Entry{
			Address: s.Address, Token: s.Token, Drop: s.Drop, Weight: s.Weight,
			Share: float64(max(s.Weight, 1)) / sum,
		})
	}
	return all
}

package fleet

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/store"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
	"github.com/actorlb/grpclb/lbserver"
)

// describe returns what is to be seen, given what the balancer knows.
func (c *core) describe(s lbserver.State) Seen {
	mine, known := c.mine(s)
	holders := c.holders(mine)
	return Seen{Clients: c.viewClients(mine), Service: view.Service{
		Name: c.name, Aliases: c.cfg.Aliases, Mode: c.mode, Waiting: c.waiting(),
		Sources:   c.viewSources(),
		Backends:  c.viewBackends(holders, s.At),
		Guards:    c.guards(s.At),
		Overrides: c.overrides.all,
		Drops:     c.viewDrops(),
		Classes:   c.viewClasses(mine, known.Answers),
		Conflicts: slices.Sorted(maps.Values(c.conflicts)),
		Changes:   slices.Clone(c.changes.last),
		Changed:   c.changes.all,
		Total:     c.total(mine, known),
	}}
}

// mine returns the clients of this service, and what the balancer knows of it.
func (c *core) mine(s lbserver.State) (mine []lbserver.ClientState, known lbserver.ServiceState) {
	for _, cl := range s.Clients {
		if cl.Service == c.name {
			mine = append(mine, cl)
		}
	}
	for _, known := range s.Services {
		if known.Name == c.name {
			return mine, known
		}
	}
	return mine, known
}

// total returns what clients reported, as the balancer has counted it.
func (c *core) total(clients []lbserver.ClientState, known lbserver.ServiceState) store.Total {
	total := store.Total{
		Service: c.name, Clients: len(clients), Drained: c.drained.holders(clients),
		Started: count(known.Calls.Started), Finished: count(known.Calls.Finished),
		Failed: count(known.Calls.FailedToSend), Known: count(known.Calls.KnownReceived),
		Drops: make(map[string]int64, len(known.Calls.Dropped)),
	}
	for _, d := range known.Calls.Dropped {
		total.Drops[d.Token] = count(d.Calls)
	}
	return total
}

func count(n uint64) int64 { return int64(min(n, math.MaxInt64)) }

func (c *core) viewSources() (all []view.Source) {
	for _, e := range c.book.all() {
		s := view.Source{
			Kind: e.kind, Name: e.name, Said: e.last.At, Backends: len(e.last.Backends),
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
func (c *core) guards(now time.Time) (all []string) {
	if s := c.verdict.inWords(c.census, c.cfg.Guard.MinHealthy); s != "" {
		all = append(all, s)
	}
	for _, e := range c.book.sources {
		if n := len(e.held); n > 0 {
			all = append(all, fmt.Sprintf("maxRemove: %s held, the first until %s: %v has taken them away%s",
				plural(n, "backend"), e.heldTill.Format(time.RFC3339), e, e.beforeStart(now)))
		}
	}
	if which := c.tooManyDrops; which != "" {
		all = append(all, "drops: all calls are dropped, because more than 100 % are to be: "+which)
	}
	if c.classes.refused() {
		all = append(all, refusedList+c.refusal)
	}
	return all
}

func (c *core) viewClients(clients []lbserver.ClientState) (all []view.Client) {
	for _, cl := range clients {
		v := view.Client{
			ID: cl.ID, Service: c.name, Asked: cl.Asked, Peer: cl.Address, Class: cl.Class,
			Opened: cl.Opened, Answer: cl.Answer, Handed: cl.Handed,
		}
		if s := c.streams[cl.ID]; s != nil {
			v.Zone, v.ZoneFrom, v.Started = s.zone, s.zoneFrom, s.started
		}
		if r := cl.LastReport; r != nil {
			v.Reported = r.At
		}
		all = append(all, v)
	}
	return all
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

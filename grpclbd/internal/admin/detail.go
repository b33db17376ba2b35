package admin

import (
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/view"
	"github.com/actorlb/grpclb/internal/webpage"
)

// A detail page shows one service.
type detail struct {
	webpage.Page
	view.Service
	State     view.State
	Counts    view.Counts
	Overrides []decision
	Totals    []total
	Backends  backends
	Part      webpage.Part // of the classes
	Classes   []view.Class
	Chosen    view.Class // whose list is shown
	List      webpage.Part
	Clients   clients
}

func detailOf(q webpage.Query, s view.State) detail {
	v := s.Services[0]
	d := detail{
		Page: pageOf(q), Service: v, State: s, Counts: v.Count(), Overrides: decisions(s), Totals: totals(s, v.Name),
		Backends: backendsOf(q, s), Part: q.Part("classes", len(v.Classes)), Clients: clientsOf(q, s, false),
	}
	d.Classes = v.Classes[d.Part.From:d.Part.To]
	for i, c := range v.Classes {
		if i == 0 || c.Name == q.Get("class") {
			d.Chosen = c
		}
	}
	d.List = q.Part("list", len(d.Chosen.Entries))
	return d
}

// An entry is a line of a list.
type entry struct {
	view.Entry
	Index int
}

// Entries returns the lines of the list that are shown.
func (d detail) Entries() (all []entry) {
	for i := d.List.From; i < d.List.To; i++ {
		all = append(all, entry{d.Chosen.Entries[i], i})
	}
	return all
}

// A condition is what is most to be known of a backend.
type condition string

const (
	draining  condition = "draining"
	unhealthy condition = "unhealthy"
	unheard   condition = "unknown"
	healthy   condition = "healthy"
	unchecked condition = "unchecked"
)

// backends are a table of backends.
type backends struct {
	All       int
	Condition []webpage.Count[condition] // how many of all there are
	Chosen    condition                  // which of them are shown; empty: all
	Part      webpage.Part
	Shown     []backend
}

// A backend is one of them.
type backend struct {
	view.Backend
	At    time.Time
	From  string // its source
	Left  int    // of one that is drained: clients of all replicas that still have it
	Known bool
}

func backendsOf(q webpage.Query, s view.State) backends {
	v := s.Services[0]
	b := backends{All: len(v.Backends), Chosen: condition(q.Get("condition"))}
	n := map[condition]int{}
	var chosen []view.Backend
	for _, one := range v.Backends {
		so := conditionOf(one)
		n[so]++
		if b.Chosen == "" || b.Chosen == so {
			chosen = append(chosen, one)
		}
	}
	b.Condition = webpage.Counts(n, healthy, unchecked, unhealthy, unheard, draining)
	b.Part = q.Part("backends", len(chosen))
	for _, one := range chosen[b.Part.From:b.Part.To] {
		b.Shown = append(b.Shown, backendOf(s, one))
	}
	return b
}

func backendOf(s view.State, one view.Backend) backend {
	b := backend{Backend: one, At: s.At}
	if sources := s.Services[0].Sources; one.Source >= 0 && one.Source < len(sources) {
		b.From = sources[one.Source].Kind + " " + sources[one.Source].Name
	}
	if one.Draining {
		b.Left, b.Known = s.Drained(s.Services[0].Name, one.Address)
	}
	return b
}

// HealthClass is the class of the style for its health.
func (b backend) HealthClass() string { return condition(b.Health).Class() }

func conditionOf(b view.Backend) condition {
	if b.Draining {
		return draining
	}
	return condition(b.Health)
}

// Class returns the class of the style.
func (c condition) Class() string {
	return map[condition]string{draining: "warn", unhealthy: "bad", unheard: "warn", healthy: "good"}[c]
}

package admin

import (
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
	"github.com/actorlb/grpclb/internal/webpage"
)

// An overview shows the process: its services, overrides, replicas and all clients.
type overview struct {
	webpage.Page
	view.State
	Part      webpage.Part
	Services  []line
	Overrides []decision
	Totals    []total
	Clients   clients
}

func overviewOf(q webpage.Query, s view.State) overview {
	o := overview{Page: pageOf(q), State: s, Part: q.Part("services", len(s.Services)), Overrides: decisions(s), Totals: totals(s, "")}
	behind := behindOf(s.Clients)
	for _, v := range s.Services[o.Part.From:o.Part.To] {
		o.Services = append(o.Services, line{v, v.Count(), behind[v.Name]})
	}
	o.Clients = clientsOf(q, s, true)
	return o
}

// A line is a service on the overview.
type line struct {
	view.Service
	Counts view.Counts
	Behind int // clients that do not have their newest list
}

// Healthy is how many backends are healthy.
func (l line) Healthy() int { return l.Counts.ByHealth["healthy"] }

// Dropped is how many calls the lists had clients drop.
func (l line) Dropped() (n int64) {
	for _, d := range l.Total.Drops {
		n += d
	}
	return n
}

// A decision is an override, and for a drain how far it has come.
type decision struct {
	view.Override
	At    time.Time
	Left  int // clients of all replicas that still have the backend
	Known bool
}

func decisions(s view.State) (all []decision) {
	for _, o := range s.Overrides {
		d := decision{Override: o, At: s.At, Known: true}
		for _, v := range s.Services {
			if o.IsOf(v.Name) {
				left, known := s.Drained(v.Name, o.Address)
				d.Left, d.Known = d.Left+left, d.Known && known
			}
		}
		all = append(all, d)
	}
	return all
}

// Drains reports whether clients are sent away from a backend.
func (d decision) Drains() bool { return d.Kind == override.Drain }

// Soon reports whether the override ends within a minute.
func (d decision) Soon() bool { return !d.Until.IsZero() && d.Until.Sub(d.At) <= time.Minute }

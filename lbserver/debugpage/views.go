package debugpage

import (
	"embed"

	"github.com/actorlb/grpclb/internal/webpage"
	"github.com/actorlb/grpclb/lbserver"
)

//go:embed pages
var files embed.FS

var pages = webpage.Parse(files, nil)

// A view is what a template shows.
type view interface{ overview | detail | unknown }

func pageOf(q webpage.Query) webpage.Page { return webpage.PageOf(q, "all services") }

// An overview shows the balancer: a line for each service, and all clients.
type overview struct {
	webpage.Page
	lbserver.State
	Part     webpage.Part
	Services []line
	Clients  clients
}

func overviewOf(q webpage.Query, s lbserver.State) overview {
	all := lines(s)
	o := overview{Page: pageOf(q), State: s, Part: q.Part("services", len(all)), Clients: clientsOf(q, s, true)}
	o.Services = all[o.Part.From:o.Part.To]
	return o
}

// Open is how many streams are open. One that has just been ended may still be among them.
func (o overview) Open() uint64 {
	open := o.Totals.Opened
	for _, n := range o.Totals.Ended {
		open -= n
	}
	return open
}

// A line is a service on the overview.
type line struct {
	lbserver.ServiceState
	Own  *lbserver.AnswerState // of the class ""; nil: none
	More int                   // answers of other classes
	Held holding
}

func lines(s lbserver.State) []line {
	held := holdings(s.Clients)
	all := make([]line, 0, len(s.Services))
	for _, service := range s.Services {
		l := line{ServiceState: service, More: len(service.Answers)}
		for i, a := range service.Answers {
			l.Held = l.Held.plus(held[answerOf{service.Name, a.Number}])
			if a.Class == "" {
				l.Own = &service.Answers[i]
				l.More--
			}
		}
		all = append(all, l)
	}
	return all
}

// Drops is how many RPCs of the clients were dropped, as they report.
func (l line) Drops() (n uint64) {
	for _, d := range l.Calls.Dropped {
		n += d.Calls
	}
	return n
}

// A detail page shows one service.
type detail struct {
	webpage.Page
	lbserver.ServiceState
	State   lbserver.State
	Part    webpage.Part // of the answers
	Answers []answer
	Chosen  lbserver.AnswerState // whose servers are shown
	Servers webpage.Part
	Clients clients
}

// An answer is one of a service, and how many clients are to have it.
type answer struct {
	lbserver.AnswerState
	Held holding
}

func detailOf(q webpage.Query, s lbserver.State) detail {
	d := detail{Page: pageOf(q), ServiceState: s.Services[0], State: s, Clients: clientsOf(q, s, false)}
	held, all := holdings(s.Clients), d.ServiceState.Answers
	if len(all) > 0 { // else all of its classes have lost their answer just now
		d.Chosen = all[0]
	}
	for _, a := range all {
		if a.Class == q.Get("class") {
			d.Chosen = a
		}
	}
	d.Part = q.Part("answers", len(all))
	for _, a := range all[d.Part.From:d.Part.To] {
		d.Answers = append(d.Answers, answer{a, held[answerOf{d.Name, a.Number}]})
	}
	d.Servers = q.Part("servers", len(d.Chosen.Servers))
	return d
}

// A server is a line of the table of servers.
type server struct {
	lbserver.Server
	Index, Copies int
	Share         float64
}

// Shown returns the servers that are shown.
func (d detail) Shown() (all []server) {
	for i := d.Servers.From; i < d.Servers.To; i++ {
		s := server{Server: d.Chosen.Servers[i], Index: i, Copies: 1, Share: d.Chosen.Share(i)}
		if d.Chosen.Copies != nil {
			s.Copies = d.Chosen.Copies[i]
		}
		all = append(all, s)
	}
	return all
}

// An unknown page says that there is no such service.
type unknown struct {
	webpage.Page
	Name string
}

func unknownOf(q webpage.Query, _ lbserver.State) unknown {
	return unknown{pageOf(q), q.Get("service")}
}

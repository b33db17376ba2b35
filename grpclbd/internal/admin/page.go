package admin

import (
	"embed"
	"fmt"
	"html/template"
	"net/http"

	"github.com/actorlb/grpclb/grpclbd/internal/view"
	"github.com/actorlb/grpclb/internal/webpage"
)

//go:embed pages
var files embed.FS

var pages = webpage.Parse(files, template.FuncMap{"notes": notes, "share": share})

// page shows the balancer, or the service that the query names.
func (h handler) page(w http.ResponseWriter, r *http.Request) {
	q, ok := webpage.Begin(w, r)
	if !ok {
		return
	}
	s := h.process.State()
	name := q.Get("service")
	if name == "" {
		show(w, q, http.StatusOK, s, "overview.html", overviewOf)
		return
	}
	v, found := s.Find(name)
	if !found {
		show(w, q, http.StatusNotFound, s.Only(name), "unknown.html", unknownOf)
		return
	}
	show(w, q, http.StatusOK, s.Only(v.Name), "service.html", detailOf)
}

// A shown is what a template shows.
type shown interface{ overview | detail | unknown }

// show sends the state as JSON if that is asked for, else as a page.
func show[V shown](w http.ResponseWriter, q webpage.Query, code int, s view.State, page string, of func(webpage.Query, view.State) V) {
	if q.JSON() {
		webpage.SendJSON(w, code, s)
		return
	}
	webpage.Send(w, code, pages, page, of(q, s))
}

// share is a share of the calls, as a percentage.
func share(s float64) string { return fmt.Sprintf("%.3g %%", s*100) }

func pageOf(q webpage.Query) webpage.Page { return webpage.PageOf(q, "all services") }

// An unknown page says that there is no such service.
type unknown struct {
	webpage.Page
	Name string
}

func unknownOf(q webpage.Query, _ view.State) unknown { return unknown{pageOf(q), q.Get("service")} }

package debugpage

import (
	"net/http"

	"github.com/actorlb/grpclb/internal/webpage"
	"github.com/actorlb/grpclb/lbserver"
)

// Handler returns a handler that shows the balancer.
func Handler(b *lbserver.Balancer) http.Handler { return handler{b} }

type handler struct{ balancer *lbserver.Balancer }

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q, ok := webpage.Begin(w, r)
	if !ok {
		return
	}
	s := h.balancer.State()
	name := q.Get("service")
	if name == "" {
		show(w, q, http.StatusOK, s, "overview.html", overviewOf)
		return
	}
	of := only(s, name)
	if len(of.Services) == 0 {
		show(w, q, http.StatusNotFound, of, "unknown.html", unknownOf)
		return
	}
	show(w, q, http.StatusOK, of, "service.html", detailOf)
}

// show sends the state as JSON if that is asked for, else as a page.
func show[V view](w http.ResponseWriter, q webpage.Query, code int, s lbserver.State, page string, of func(webpage.Query, lbserver.State) V) {
	if q.JSON() {
		webpage.SendJSON(w, code, s)
		return
	}
	webpage.Send(w, code, pages, page, of(q, s))
}

// only returns the state with one service and its clients.
func only(s lbserver.State, name string) lbserver.State {
	of := s
	of.Services, of.Clients = []lbserver.ServiceState{}, []lbserver.ClientState{}
	for _, service := range s.Services {
		if service.Name == name {
			of.Services = append(of.Services, service)
		}
	}
	for _, c := range s.Clients {
		if c.Service == name {
			of.Clients = append(of.Clients, c)
		}
	}
	return of
}

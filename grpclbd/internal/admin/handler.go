package admin

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"strings"

	"google.golang.org/grpc"
	channelz "google.golang.org/grpc/channelz/service"

	"github.com/actorlb/grpclb/internal/webpage"
)

// Handler serves everything of the admin port, to whoever asks.
//
//	GET    /livez            200 while the process runs
//	GET    /readyz           200 when clients may come, else 503 with the reasons
//	GET    /                 the page; with ?service= that of one service
//	GET    /metrics          the same for Prometheus
//	GET    /api/state        what is to be seen, as JSON (view.State); with ?service= of one service
//	POST   /api/overrides    puts an override in force: its JSON, "for" in place of "until" if you like;
//	                         with "force" also for a service that there is not
//	DELETE /api/overrides?service=&kind=&subject=&who=   ends one
//	POST   /api/confirm?service=&who=   lets go what the guard maxRemove holds
//	GET    /debug/pprof/     profiles
//	gRPC   grpc.channelz.v1
func Handler(p Process, log *slog.Logger) http.Handler {
	h := handler{p, log}
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", h.page)
	mux.Handle("GET /metrics", metrics(p, log))
	mux.HandleFunc("GET /livez", h.live)
	mux.HandleFunc("GET /readyz", h.ready)
	mux.HandleFunc("GET /api/state", h.state)
	mux.HandleFunc("POST /api/overrides", h.put)
	mux.HandleFunc("DELETE /api/overrides", h.lift)
	mux.HandleFunc("POST /api/confirm", h.confirm)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	calls := grpc.NewServer()
	channelz.RegisterChannelzServiceToServer(calls)
	mux.Handle("POST /grpc.channelz.v1.Channelz/", calls)
	return mux
}

type handler struct {
	process Process
	log     *slog.Logger
}

func (h handler) live(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "alive") }

func (h handler) ready(w http.ResponseWriter, _ *http.Request) {
	ready, why := h.process.Ready()
	if ready {
		fmt.Fprintln(w, "ready")
		return
	}
	http.Error(w, strings.Join(append([]string{"not ready"}, why...), "\n"), http.StatusServiceUnavailable)
}

func (h handler) state(w http.ResponseWriter, r *http.Request) {
	s := h.process.State()
	if name := r.URL.Query().Get("service"); name != "" {
		v, found := s.Find(name)
		if !found {
			http.Error(w, s.Unknown(name).Error(), http.StatusNotFound)
			return
		}
		s = s.Only(v.Name)
	}
	webpage.SendJSON(w, http.StatusOK, s)
}

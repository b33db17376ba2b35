package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"strings"
	"time"

	"google.golang.org/grpc"
	channelz "google.golang.org/grpc/channelz/service"

	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/internal/webpage"
)

// Handler serves everything of the admin port, to whoever asks.
//
//	GET    /livez            200 while the process runs
//	GET    /readyz           200 when clients may come, else 503 with the reasons
//	GET    /                 the page; with ?service= that of one service
//	GET    /metrics          the same for Prometheus
//	GET    /api/state        what is to be seen, as JSON (view.State); with ?service= of one service
//	POST   /api/overrides    puts an override in force: its JSON, "for" in place of "until" if you like
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
	s := h.process.State()
	if s.Ready {
		fmt.Fprintln(w, "ready")
		return
	}
	http.Error(w, strings.Join(append([]string{"not ready"}, s.NotReady...), "\n"), http.StatusServiceUnavailable)
}

func (h handler) state(w http.ResponseWriter, r *http.Request) {
	s := h.process.State()
	if name := r.URL.Query().Get("service"); name != "" {
		if s = s.Only(name); len(s.Services) == 0 {
			http.Error(w, fmt.Sprintf("there is no service %q", name), http.StatusNotFound)
			return
		}
	}
	webpage.SendJSON(w, http.StatusOK, s)
}

// An order is an override as a request has it.
type order struct {
	override.Override
	For string `json:"for"` // in place of Until: how long, such as 10m
}

// maxOrder is how long the JSON of an override may be, in bytes.
const maxOrder = 64 << 10

// put puts an override in force.
func (h handler) put(w http.ResponseWriter, r *http.Request) {
	var o order
	d := json.NewDecoder(io.LimitReader(r.Body, maxOrder))
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil {
		http.Error(w, fmt.Sprintf("the body is not the JSON of an override: %v", err), http.StatusBadRequest)
		return
	}
	full, err := o.complete(r, time.Now())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := h.process.Put(r.Context(), full); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	h.log.Info("an override was put in force", "override", full)
	webpage.SendJSON(w, http.StatusOK, full)
}

// complete returns the override that is meant, or what is wrong with it.
func (o order) complete(r *http.Request, now time.Time) (override.Override, error) {
	full := o.Override
	full.Since = now
	full.Who = who(r, full.Who)
	if o.For != "" {
		d, err := time.ParseDuration(o.For)
		if err != nil || d <= 0 {
			return full, fmt.Errorf("for %q is not a time such as 10m", o.For)
		}
		if !full.Until.IsZero() {
			return full, errors.New("for is given, and until is given too: give one of them")
		}
		full.Until = now.Add(d)
	}
	if full.Over(now) {
		return full, errors.New("until is in the past")
	}
	return full, full.Check()
}

// who names who decided: the holder of the client's certificate, else whoever the request says.
func who(r *http.Request, said string) string {
	if r.TLS != nil && len(r.TLS.VerifiedChains) > 0 {
		if leaf := r.TLS.VerifiedChains[0][0]; len(leaf.URIs) > 0 {
			return leaf.URIs[0].String()
		} else if leaf.Subject.CommonName != "" {
			return leaf.Subject.CommonName
		}
	}
	if said == "" {
		return r.RemoteAddr
	}
	return said
}

// lift ends an override.
func (h handler) lift(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	service, kind, subject := q.Get("service"), override.Kind(q.Get("kind")), q.Get("subject")
	found, err := h.process.Lift(r.Context(), service, kind, subject)
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
	case !found:
		http.Error(w, missing(service, kind, subject), http.StatusNotFound)
	default:
		h.log.Info("an override was lifted", "service", service, "kind", kind, "subject", subject, "who", who(r, q.Get("who")))
		w.WriteHeader(http.StatusNoContent)
	}
}

func (h handler) confirm(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	service := q.Get("service")
	if !h.process.Confirm(service) {
		http.Error(w, fmt.Sprintf("there is no service %q", service), http.StatusNotFound)
		return
	}
	h.log.Info("what a guard holds was confirmed", "service", service, "who", who(r, q.Get("who")))
	w.WriteHeader(http.StatusNoContent)
}

// missing says that there is no such override.
func missing(service string, kind override.Kind, subject string) string {
	text := "there is no " + string(kind)
	if subject != "" {
		text += fmt.Sprintf(" of %q", subject)
	}
	if service == "" {
		return text + " that counts for every service; if it is of one service, name that"
	}
	return text + fmt.Sprintf(" of service %q", service)
}

package lbdebug

import (
	"bytes"
	"net/http"
	"strconv"
)

// An Option changes what Handler returns.
type Option interface{ apply(*handler) }

type channelzOption string

func (o channelzOption) apply(h *handler) { h.channelz = string(o) }

// WithChannelz makes the channelz number of a channel a link, whose target is prefix followed
// by the number. gRPC itself serves channelz by RPC and has no pages, so prefix depends on
// the program that shows channelz. Without this option the number is plain text.
func WithChannelz(prefix string) Option { return channelzOption(prefix) }

// Handler returns a handler that shows the channels of the process that use the policy of
// package grpclb, under all names that it is registered with.
func Handler(options ...Option) http.Handler {
	h := &handler{}
	for _, o := range options {
		o.apply(h)
	}
	return h
}

// A handler does not change after it was made.
type handler struct{ channelz string }

// security keeps the browser from loading or sending anything, whatever is on a page, and from
// showing what was true some time ago.
var security = map[string]string{
	"Content-Security-Policy": "default-src 'none'; style-src '" + styleHash + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	"X-Content-Type-Options":  "nosniff",
	"Referrer-Policy":         "no-referrer",
	"Cache-Control":           "no-store",
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for name, value := range security {
		w.Header().Set(name, value)
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "lbdebug only reads: GET or HEAD", http.StatusMethodNotAllowed)
		return
	}
	q := query{r.URL.Query()}
	switch {
	case q.Get("channel") == "" && q.json():
		writeAllJSON(r.Context(), w)
	case q.Get("channel") == "":
		answer(w, http.StatusOK, "overview.html", overviewOf(r.Context(), q))
	default:
		h.serveChannel(w, r, q)
	}
}

// serveChannel shows one channel, or says that it is gone.
func (h *handler) serveChannel(w http.ResponseWriter, r *http.Request, q query) {
	number, err := strconv.ParseUint(q.Get("channel"), 10, 64)
	if err != nil {
		http.Error(w, "channel is a number in the query, such as channel=1", http.StatusBadRequest)
		return
	}
	c, err := find(r.Context(), number)
	switch {
	case r.Context().Err() != nil:
		// nobody is there to read it
	case err != nil && q.json():
		writeJSON(w, http.StatusNotFound, channel{Number: number, Error: err.Error()})
	case err != nil:
		answer(w, http.StatusNotFound, "gone.html", gone{page: pageOf(q), Number: number})
	case q.json():
		writeJSON(w, http.StatusOK, c)
	default:
		answer(w, http.StatusOK, "channel.html", h.detail(q, c))
	}
}

// answer sends a page when the whole of it is made.
func answer[V view](w http.ResponseWriter, code int, name string, v V) {
	var page bytes.Buffer
	if err := pages.ExecuteTemplate(&page, name, v); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(code)
	_, _ = page.WriteTo(w) // an error means that the browser is gone
}

package lbdebug

import (
	"net/http"
	"strconv"

	"github.com/actorlb/grpclb/internal/webpage"
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

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q, ok := webpage.Begin(w, r)
	if !ok {
		return
	}
	switch {
	case q.Get("channel") == "" && q.JSON():
		writeAllJSON(r.Context(), w)
	case q.Get("channel") == "":
		webpage.Send(w, http.StatusOK, pages, "overview.html", overviewOf(r.Context(), q))
	default:
		h.serveChannel(w, r, q)
	}
}

// serveChannel shows one channel, or says that it is gone.
func (h *handler) serveChannel(w http.ResponseWriter, r *http.Request, q webpage.Query) {
	number, err := strconv.ParseUint(q.Get("channel"), 10, 64)
	if err != nil {
		http.Error(w, "channel is a number in the query, such as channel=1", http.StatusBadRequest)
		return
	}
	c, err := find(r.Context(), number)
	switch {
	case r.Context().Err() != nil:
		// nobody is there to read it
	case err != nil && q.JSON():
		webpage.SendJSON(w, http.StatusNotFound, channel{Number: number, Error: err.Error()})
	case err != nil:
		webpage.Send(w, http.StatusNotFound, pages, "gone.html", gone{Page: pageOf(q), Number: number})
	case q.JSON():
		webpage.SendJSON(w, http.StatusOK, c)
	default:
		webpage.Send(w, http.StatusOK, pages, "channel.html", h.detail(q, c))
	}
}

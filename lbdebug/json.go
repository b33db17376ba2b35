package lbdebug

import (
	"context"
	"encoding/json"
	"io"
	"net/http"

	"github.com/actorlb/grpclb/internal/registry"
)

const jsonType = "application/json"

// writeJSON sends one channel.
func writeJSON(w http.ResponseWriter, code int, c channel) {
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(code)
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(c) // an error means that the client is gone
}

// writeAllJSON sends all channels as {"channels":[...]}. It asks for a channel when the one before it
// is sent, so it holds one at a time.
func writeAllJSON(ctx context.Context, w http.ResponseWriter) {
	w.Header().Set("Content-Type", jsonType)
	_, _ = io.WriteString(w, "{\"channels\":[\n") // errors are seen below
	e, between := json.NewEncoder(w), ""
	for _, entry := range registry.Live.Members() {
		for _, c := range describeAll(ctx, []registry.Entry{entry}) {
			if _, err := io.WriteString(w, between); err != nil {
				return
			}
			if between = ","; e.Encode(c) != nil {
				return
			}
		}
	}
	_, _ = io.WriteString(w, "]}\n")
}

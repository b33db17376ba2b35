package lbdebug

import (
	"context"
	"encoding/json"
	"io"
	"net/http"

	"github.com/actorlb/grpclb/internal/registry"
	"github.com/actorlb/grpclb/internal/webpage"
)

// writeAllJSON sends all channels as {"channels":[...]}. It asks for a channel when the one before it
// is sent, so it holds one at a time.
func writeAllJSON(ctx context.Context, w http.ResponseWriter) {
	w.Header().Set("Content-Type", webpage.JSONType)
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

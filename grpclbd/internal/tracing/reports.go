package tracing

import (
	"log/slog"

	"github.com/go-logr/logr"
)

// Reports passes on what the exporter says of its environment variables, without their values: a
// header may be the key of an account.
type reports struct{ log *slog.Logger }

func (reports) Init(logr.RuntimeInfo)            {}
func (reports) Enabled(int) bool                 { return false }
func (reports) Info(int, string, ...any)         {}
func (r reports) WithValues(...any) logr.LogSink { return r }
func (r reports) WithName(string) logr.LogSink   { return r }
func (r reports) Error(_ error, what string, _ ...any) {
	r.log.Warn("an environment variable of OpenTelemetry can't be used", "why", what)
}

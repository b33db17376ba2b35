package store

import (
	"fmt"
	"log/slog"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// quiet returns a log for etcd of which only errors are heard, each as a line of log. A
// fatal error panics: etcd's own log would end the process without a word of ours.
func quiet(log *slog.Logger) *zap.Logger {
	return zap.New(&bridge{log: log}, zap.WithFatalHook(zapcore.WriteThenPanic))
}

// harmless is an error that a new etcd may report before its first commit. It repeats the step.
const harmless = "failed to update storage version"

// bridge passes entries of etcd's log on.
type bridge struct {
	log    *slog.Logger
	fields []zapcore.Field
}

func (b *bridge) Enabled(level zapcore.Level) bool { return level >= zapcore.ErrorLevel }

func (b *bridge) With(fields []zapcore.Field) zapcore.Core {
	return &bridge{b.log, append(b.fields[:len(b.fields):len(b.fields)], fields...)}
}

func (b *bridge) Check(e zapcore.Entry, to *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if b.Enabled(e.Level) && e.Message != harmless {
		return to.AddCore(e, b)
	}
	return to
}

// Write keeps of the fields the error, if there is one.
func (b *bridge) Write(e zapcore.Entry, fields []zapcore.Field) error {
	encoded := zapcore.NewMapObjectEncoder()
	for _, f := range append(b.fields[:len(b.fields):len(b.fields)], fields...) {
		f.AddTo(encoded)
	}
	why := e.Message
	if err, ok := encoded.Fields["error"]; ok {
		why += fmt.Sprintf(": %v", err)
	}
	b.log.Error("etcd reports an error", "why", why)
	return nil
}

func (b *bridge) Sync() error { return nil }

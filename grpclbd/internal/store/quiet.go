package store

import (
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// quiet returns a log for etcd of which only errors are heard, each as a line of log. What
// etcd can't go on after, such as a full disk, would end the process or panic; end says what is
// done in its place.
func quiet(log *slog.Logger, end zapcore.CheckWriteHook) *zap.Logger {
	return zap.New(&bridge{log: log}, zap.WithFatalHook(end), zap.WithPanicHook(end))
}

// etcdEnds ends the goroutine of etcd that can't go on. Its client is not answered any more,
// so the store finds etcd to be away, and the balancer goes on with what it knows.
type etcdEnds struct{ failed chan<- struct{} } // has room for one

func (e etcdEnds) OnWrite(*zapcore.CheckedEntry, []zapcore.Field) {
	select {
	case e.failed <- struct{}{}:
	default: // it is known
	}
	runtime.Goexit()
}

// harmless are errors that mean nothing: a new etcd may report the first one before its first
// commit, and repeats the step; with the others its listener says that it was closed.
var harmless = []string{
	"failed to update storage version",
	"grpc: the server has been stopped",
	"http: Server closed",
	"mux: server closed",
	"use of closed network connection",
}

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
	if b.Enabled(e.Level) {
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
	switch {
	case e.Level >= zapcore.PanicLevel:
		b.log.Error("the etcd in this process has stopped until the balancer is started again; what was read last stays in use", "why", why)
	case !slices.ContainsFunc(harmless, func(text string) bool { return strings.Contains(why, text) }):
		b.log.Error("etcd reports an error", "why", why)
	}
	return nil
}

func (b *bridge) Sync() error { return nil }

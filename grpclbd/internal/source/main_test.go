package source

import (
	"fmt"
	"io"
	"log/slog"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/etcdtest"
)

// etcd is one for all tests.
var etcd *etcdtest.Server

func TestMain(m *testing.M) { goleak.VerifyTestMain(etcdtest.Tests{M: m, Server: &etcd}) }

var silentLog = slog.New(slog.NewTextHandler(io.Discard, nil))

// A listener is an owner that keeps what a source says.
type listener struct {
	*testing.T
	reports chan backend.Report
}

func (l *listener) SourceSaid(index int, r backend.Report) {
	if index != 7 {
		l.Errorf("the source speaks for index %d", index)
	}
	l.reports <- r
}

func newListener(t *testing.T) *listener { return &listener{t, make(chan backend.Report, 10_000)} }

// listen starts a source and stops it at the end of the test.
func listen(t *testing.T, cfg config.Source, deps Deps) *listener {
	l := newListener(t)
	if deps.Log == nil {
		deps.Log = silentLog
	}
	t.Cleanup(Start(cfg, 7, l, deps).Stop)
	return l
}

// next returns what is said next.
func (l *listener) next() backend.Report {
	l.Helper()
	select {
	case r := <-l.reports:
		return r
	case <-time.NewTimer(time.Minute).C:
		l.Fatal("the source says nothing")
		panic("unreachable")
	}
}

// until waits for a report that holds, and returns it.
func (l *listener) until(holds func(backend.Report) bool) backend.Report {
	l.Helper()
	end := time.Now().Add(2 * time.Minute)
	for {
		r := l.next()
		if holds(r) {
			return r
		}
		if time.Now().After(end) {
			l.Fatalf("the source says other things; the last: %.1000s", fmt.Sprintf("%+v", r))
		}
	}
}

// untilAre waits until these are the backends, and returns the report.
func (l *listener) untilAre(addresses ...string) backend.Report {
	l.Helper()
	return l.until(func(r backend.Report) bool {
		if r.Err != nil || len(r.Backends) != len(addresses) {
			return false
		}
		for i, b := range r.Backends {
			if b.Address != addresses[i] {
				return false
			}
		}
		return true
	})
}

// untilFails waits for an error.
func (l *listener) untilFails() error {
	l.Helper()
	r := l.until(func(r backend.Report) bool { return r.Err != nil })
	if r.Backends != nil {
		l.Errorf("a report of an error has backends: %v", r.Backends)
	}
	return r.Err
}

func addresses(all []backend.Backend) []string {
	names := []string{}
	for _, b := range all {
		names = append(names, b.Address)
	}
	return names
}

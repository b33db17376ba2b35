package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/directory"
	"github.com/actorlb/grpclb/grpclbd/internal/fleet"
)

// A loop owns which services there are. Of others it waits for a fleet that it stops, which
// waits for nobody but the balancer's loop and the directory.
type loop struct {
	// Fixed.
	in        inbox
	log       *slog.Logger
	directory *directory.Directory
	health    *health.Server
	reviews   actor.Cell[int] // to the reviewer
	fleets    fleets          // starts them

	// Owned by the loop.
	core    *core
	entries map[string]directory.Entry
}

// fleets starts fleets.
type fleets interface {
	startFleet(config.Service) *fleet.Fleet
}

func (l *loop) run(ctx context.Context) {
	l.act()
	for {
		select {
		case batch := <-l.in.Ready():
			for _, m := range l.in.Open(batch) {
				l.hear(m)
			}
			l.act()
		case <-ctx.Done():
			for _, m := range l.in.Close() {
				l.hear(m)
			}
			for _, e := range l.entries {
				e.Fleet.Stop()
			}
			return
		}
	}
}

func (l *loop) hear(m message) {
	switch m := m.(type) {
	case configured:
		l.core.configured(m.cfg, m.at)
	case refused:
		l.core.refused(m.why, m.at)
	case overridesSaid:
		l.core.overridesSaid(m.all)
	case replicasSaid:
		l.core.replicas = m.all
	case storeSaid:
		l.core.storeSaid(m.state)
	case ready:
		l.core.ready(m.service)
	case policySaid:
		l.core.policyChanged()
	case reviewed:
		l.core.placed(m.number, m.moved, m.err)
	case stopping:
		l.core.stop()
	case asked:
		m.reply <- known{l.core.state(), l.core.overrides, l.sorted()}
	default:
		panic(fmt.Sprintf("BUG: the daemon was told %T", m))
	}
}

// act does what the core has left to do.
func (l *loop) act() {
	todo := l.core.todo
	l.core.todo = nil
	for _, a := range todo {
		switch a := a.(type) {
		case start:
			l.entries[a.service.Name] = entry(a.service, l.fleets.startFleet(a.service))
		case configure:
			f := l.entries[a.service.Name].Fleet
			f.Configure(a.service)
			l.entries[a.service.Name] = entry(a.service, f)
		case list:
			l.directory.List(l.sorted(), a.names)
		case review:
			l.reviews.Put(a.number)
		case stop:
			f := l.entries[a.name].Fleet
			delete(l.entries, a.name)
			f.Stop()
		case tell:
			for _, e := range l.entries {
				e.Fleet.OverridesSaid(a.all)
			}
		case serve:
			l.serve(a.now)
		case inform:
			l.log.LogAttrs(context.Background(), slog.LevelInfo, a.text, a.with...)
		case warn:
			l.log.LogAttrs(context.Background(), slog.LevelWarn, a.text, a.with...)
		default:
			panic(fmt.Sprintf("BUG: the daemon can't do %T", a))
		}
	}
}

func entry(s config.Service, f *fleet.Fleet) directory.Entry {
	return directory.Entry{Name: s.Name, Reports: s.ReportInterval, Fleet: f}
}

// sorted returns the services by name.
func (l *loop) sorted() []directory.Entry {
	entries := make([]directory.Entry, 0, len(l.entries))
	for _, name := range slices.Sorted(maps.Keys(l.entries)) {
		entries = append(entries, l.entries[name])
	}
	return entries
}

// serve sets what the health service says, of the process and of the balancer's service.
func (l *loop) serve(now bool) {
	status := healthpb.HealthCheckResponse_NOT_SERVING
	if now {
		status = healthpb.HealthCheckResponse_SERVING
	}
	l.health.SetServingStatus("", status)
	l.health.SetServingStatus("grpc.lb.v1.LoadBalancer", status)
}

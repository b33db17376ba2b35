package daemon

import (
	"log/slog"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/fleet"
	"github.com/actorlb/grpclb/grpclbd/internal/memory"
	"github.com/actorlb/grpclb/grpclbd/internal/observe"
	"github.com/actorlb/grpclb/grpclbd/internal/source"
	"github.com/actorlb/grpclb/grpclbd/internal/tracing"
)

// Parts start what the program is made of.
type parts struct {
	balancer fleet.Balancer
	etcd     *clientv3.Client
	owner    fleet.Owner
	tracer   *tracing.Tracer // nil: none
	folder   string          // of the files with what sources said; "": none
	log      *slog.Logger
}

func (p parts) startFleet(cfg config.Service) *fleet.Fleet {
	its := p
	its.log = p.log.With("service", cfg.Name) // sources and watchers don't know it
	deps := fleet.Deps{Log: p.log, Owner: p.owner, Sources: its, Watchers: its}
	if p.tracer != nil {
		deps.Pushes = p.tracer
	}
	if p.folder != "" {
		deps.Memories = p
	}
	return fleet.Start(cfg, p.balancer, deps)
}

// StartSource makes parts the sources of a fleet.
func (p parts) StartSource(cfg config.Source, index int, owner source.Owner) fleet.Source {
	return source.Start(cfg, index, owner, source.Deps{Etcd: p.etcd, Log: p.log})
}

// StartMemory makes parts the memories of a fleet.
func (p parts) StartMemory(service string, owner memory.Owner) fleet.Memory {
	return memory.Start(memory.Path(p.folder, service), service, owner, p.log)
}

// StartWatcher makes parts the watchers of a fleet.
func (p parts) StartWatcher(health *config.Health, load *config.Load, owner observe.Owner) fleet.Watcher {
	return observe.Start(health, load, owner, p.log)
}

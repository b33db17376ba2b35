// Package daemon is the balancer as a process: it puts the parts together, says when clients
// may come, and takes the parts apart in order when it is told to stop.
package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/directory"
	"github.com/actorlb/grpclb/grpclbd/internal/memory"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/grpclbd/internal/store"
	"github.com/actorlb/grpclb/grpclbd/internal/tracing"
	"github.com/actorlb/grpclb/grpclbd/internal/wait"
	"github.com/actorlb/grpclb/lbserver"
)

// Options say what to run.
type Options struct {
	Config  *config.Config
	Path    string // of its file, which is watched; "" if it came from flags
	Version string
	Log     *slog.Logger
}

// A Daemon is a balancer that runs. Its methods may be called from any goroutine.
type Daemon struct {
	opts      Options
	started   time.Time
	in        inbox
	group     *actor.Group
	directory *directory.Directory
	balancer  *lbserver.Balancer
	clients   *clientServer
	policy    policy
	tracer    *tracing.Tracer // nil: none
	store     *store.Store
}

// Start opens the ports and the store, and begins to find backends. When it returns, clients
// and the admin port are served; see State for whether the balancer is ready.
func Start(ctx context.Context, opts Options) (*Daemon, error) {
	d := &Daemon{opts: opts, started: time.Now(), in: inbox{actor.NewInbox[message]()}, group: actor.NewGroup(), directory: directory.Start()}
	if err := d.open(ctx); err != nil {
		d.directory.Stop()
		return nil, err
	}
	return d, nil
}

// open opens what can fail, in order, and closes it again if a later part does fail.
func (d *Daemon) open(ctx context.Context) (err error) {
	cfg := d.opts.Config
	defer func() {
		if err != nil {
			d.discard()
		}
	}()
	if d.policy, err = openPolicy(cfg.Authz, d.in, d.opts.Log); err != nil {
		return err
	}
	if d.tracer, err = tracing.Open(tracing.Options{OTLP: cfg.Tracing.OTLP, TLS: cfg.Tracing.TLS, Replica: cfg.Replica, Version: d.opts.Version}, d.opts.Log); err != nil {
		return fmt.Errorf("tracing.%w", err)
	}
	if d.clients, err = listen(cfg, d.opts.Log); err != nil {
		return err
	}
	if d.store, err = store.Open(ctx, cfg.Store, cfg.Replica, d.in, d.opts.Log); err != nil {
		return err
	}
	d.begin()
	return nil
}

// discard closes those parts that are open, when the store is not.
func (d *Daemon) discard() {
	if d.clients != nil {
		d.clients.Stop()
		d.clients.closeFiles()
	}
	d.tracer.Stop()
	d.policy.close()
}

// begin starts what can't fail.
func (d *Daemon) begin() {
	cfg := d.opts.Config
	d.balancer = lbserver.New(hooks{d.directory, d.policy}.options(cfg.Limits))
	d.balancer.Register(d.clients)
	d.tracer.Follow(d.balancer)
	reviews := reviewer{actor.NewCell[int](), d.balancer, d.in}
	l := &loop{
		reviews: reviews.due,
		in:      d.in, log: d.opts.Log, directory: d.directory, health: d.clients.health,
		fleets:  parts{ledger{d.balancer}, d.store.Client(), d.in, d.tracer, d.memories(cfg.Store), d.opts.Log},
		core:    newCore(cfg, d.opts.Path, d.started),
		entries: map[string]directory.Entry{},
	}
	d.group.Go(l.run)
	d.group.Go(reviews.run)
	d.group.Go(d.writeTotals)
}

// memories returns the folder with what sources said before the start; "": there is none.
func (d *Daemon) memories(s config.Store) string {
	if s.Dir == "" {
		if len(s.Etcd) > 0 {
			d.opts.Log.Info("store.dir is not given: after a start the first answer of each source is believed, even if it is empty")
		}
		return ""
	}
	folder := memory.Folder(s.Dir)
	memory.Clean(folder, time.Now())
	return folder
}

// Serve serves clients. It returns when Stop has stopped that, or with an error.
func (d *Daemon) Serve() error { return d.clients.serve() }

// Address is where clients are served.
func (d *Daemon) Address() string { return d.clients.listener.Addr().String() }

// ConfigSaid and ConfigRefused make the daemon the owner of the configuration's watcher.
func (d *Daemon) ConfigSaid(cfg *config.Config, at time.Time) { d.in.ConfigSaid(cfg, at) }
func (d *Daemon) ConfigRefused(why error, at time.Time)       { d.in.ConfigRefused(why, at) }

// Put puts an override in force, on every replica.
func (d *Daemon) Put(ctx context.Context, o override.Override) error { return d.store.Put(ctx, o) }

// Lift ends an override, on every replica. It reports whether there was one.
func (d *Daemon) Lift(ctx context.Context, service string, kind override.Kind, subject string) (bool, error) {
	return d.store.Lift(ctx, service, kind, subject)
}

// Confirm lets go the backends of a service that the guard maxRemove holds, on this replica.
// It reports whether there is such a service.
func (d *Daemon) Confirm(service string) bool {
	e, found := d.directory.Service(service)
	if !found {
		e, found = d.directory.Find(service)
	}
	if found {
		e.Fleet.Confirm()
	}
	return found
}

// Stop ends the process's work in order: it is not ready, then it waits a moment for whoever
// watches readiness, then clients are sent away one after another, then all ends. A context
// that is done makes it end at once.
func (d *Daemon) Stop(ctx context.Context) {
	d.in.Send(stopping{})
	wait.For(ctx, d.opts.Config.Stop.Notice)
	left := make(chan struct{})
	go func() {
		defer close(left)
		d.balancer.CloseOver(d.opts.Config.Stop.Over)
	}()
	select {
	case <-left:
	case <-ctx.Done():
		d.balancer.Close()
		<-left
	}
	d.clients.end()
	d.group.Stop()
	d.tracer.Stop()
	d.directory.Stop()
	d.store.Close()
	d.clients.closeFiles()
	d.policy.close()
}

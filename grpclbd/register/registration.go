package register

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/grpclbd/internal/wait"
	"github.com/actorlb/grpclb/internal/delay"
)

// A Registration is a server that is entered in etcd. It is kept up to date until Withdraw.
type Registration struct {
	actors *actor.Group
	inbox  *actor.Inbox[message] // → keeper
}

// Start enters the server in etcd and returns when that is done. While etcd can't be reached it tries again
// until ctx ends, and logs that. The error then says why; no goroutine is left. Once it has returned, ctx does not matter
// any more.
func Start(ctx context.Context, o Options) (*Registration, error) {
	entry, err := o.entry()
	if err != nil {
		return nil, err
	}
	client, own, err := o.client()
	if err != nil {
		return nil, err
	}
	registry := &registry{client, own, entry}
	log := cmp.Or(o.Log, slog.Default()).With("service", entry.service, "backend", entry.endpoint.Addr)
	lease, err := first(ctx, registry, log)
	if err != nil {
		registry.close()
		return nil, fmt.Errorf("register: %s could not be written to etcd %v: %w", entry.key, client.Endpoints(), err)
	}
	r := &Registration{actor.NewGroup(), actor.NewInbox[message]()}
	k := &keeper{registry, r.actors, r.inbox, log}
	r.actors.Go(func(ctx context.Context) { k.run(ctx, lease) })
	return r, nil
}

// first enters the server for the first time.
func first(ctx context.Context, r *registry, log *slog.Logger) (clientv3.LeaseID, error) {
	for failures := 0; ; failures++ {
		lease, err := r.enter(ctx)
		if err == nil || hopeless(err) || ctx.Err() != nil {
			return lease, err
		}
		if failures == 0 {
			log.Warn("the server is not registered yet; that is tried until it succeeds", "why", err)
		}
		if !wait.For(ctx, delay.After(retry, failures, rand.Float64())) {
			return 0, err // says more than that of ctx
		}
	}
}

// Withdraw takes the server out of etcd, and returns when that is done. No goroutine is left then. Balancers
// are told that the server leaves because it wants to, so they send their clients lists without it at once. If
// etcd can't be told before ctx ends or the lease is over, the error says so; the key vanishes with the lease.
// Further calls do nothing.
func (r *Registration) Withdraw(ctx context.Context) error { return r.end(ctx, true) }

// Expire is Withdraw, but for balancers it is as if the server had died and its lease had expired: where that takes
// away too many backends, they wait (guard.maxRemove). It is for a server that somebody holds to be
// unhealthy, who may be wrong about all servers at once.
func (r *Registration) Expire(ctx context.Context) error { return r.end(ctx, false) }

func (r *Registration) end(ctx context.Context, meant bool) error {
	reply := make(chan error, 1)
	if !r.inbox.Send(withdraw{ctx, meant, reply}) {
		r.actors.Stop()
		return nil
	}
	err := <-reply
	r.actors.Stop()
	return err
}

// A keeper is the actor that keeps a registration. Its fields do not change.
type keeper struct {
	registry *registry
	actors   *actor.Group
	inbox    *actor.Inbox[message]
	log      *slog.Logger
}

// A duty is what the keeper has at hand. It belongs to run.
type duty struct {
	alive  <-chan *clientv3.LeaseKeepAliveResponse // nil: no lease is kept; closed when it is lost
	stop   context.CancelFunc                      // ends the keeping of the lease, or the attempt
	asked  []withdraw                              // who waits for the end
	failed bool                                    // an error of this loss was logged
}

// run is the goroutine that owns the registration. It ends after a withdrawal.
func (k *keeper) run(ctx context.Context, lease clientv3.LeaseID) {
	core, d := &core{}, &duty{stop: func() {}}
	core.entered(time.Now(), lease, nil, 0)
	timer := actor.NewTimer()
	defer timer.Stop()
	for {
		core.wake(time.Now())
		if k.do(ctx, core, d) {
			return
		}
		timer.Set(core.due)
		select {
		case <-timer.Ready():
			timer.Rang()
		case _, alive := <-d.alive:
			if !alive {
				d.alive = nil
				k.log.Warn("the registration was lost, because etcd was away for too long or has lost it; it is entered again")
				core.lost(time.Now())
			}
		case batch := <-k.inbox.Ready():
			for _, m := range k.inbox.Open(batch) {
				k.handle(core, d, m)
			}
		}
	}
}

func (k *keeper) handle(core *core, d *duty, m message) {
	switch m := m.(type) {
	case withdraw:
		d.asked = append(d.asked, m)
		core.withdraw()
	case entered:
		if core.stage != leaving {
			k.note(d, m.err)
		}
		core.entered(time.Now(), m.lease, m.err, rand.Float64())
	default:
		panic(fmt.Sprintf("BUG: the keeper of a registration was told a %T", m))
	}
}

// note logs how an attempt has ended: of several errors in a row the first.
func (k *keeper) note(d *duty, err error) {
	switch {
	case err == nil:
		k.log.Info("the server is registered again")
	case !d.failed:
		k.log.Warn("the server could not be registered again; it is tried until it succeeds", "why", err)
	}
	d.failed = err != nil
}

// do does what the core wants, and reports whether that was the end.
func (k *keeper) do(ctx context.Context, core *core, d *duty) (ended bool) {
	for _, todo := range core.todo {
		switch todo {
		case wantEnter:
			d.stop()
			d.stop = k.enter(ctx)
		case wantCancel:
			d.stop()
		case wantKeep:
			d.stop()
			k.keep(ctx, core, d)
		case wantRevoke:
			d.stop()
			k.end(core, d)
			return true
		}
	}
	core.todo = nil
	return false
}

// enter starts an attempt.
func (k *keeper) enter(ctx context.Context) context.CancelFunc {
	ctx, cancel := context.WithCancel(ctx)
	k.actors.Go(func(context.Context) {
		lease, err := k.registry.enter(ctx)
		k.inbox.Send(entered{lease, err})
	})
	return cancel
}

// keep has the client keep the lease alive.
func (k *keeper) keep(ctx context.Context, core *core, d *duty) {
	ctx, d.stop = context.WithCancel(ctx)
	alive, err := k.registry.client.KeepAlive(ctx, core.lease)
	if err != nil { // the client was closed by its owner
		closed := make(chan *clientv3.LeaseKeepAliveResponse)
		close(closed)
		alive = closed
	}
	d.alive = alive
}

// end revokes the lease and answers everybody who has asked for it.
func (k *keeper) end(core *core, d *duty) {
	err := k.registry.leave(d.asked[0].ctx, core.lease, d.asked[0].meant)
	k.registry.close()
	for _, m := range k.inbox.Close() {
		if m, is := m.(withdraw); is {
			d.asked = append(d.asked, m)
		}
	}
	for _, w := range d.asked {
		w.reply <- err
	}
}

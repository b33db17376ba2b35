package register

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"

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

package register

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/actorlb/grpclb/actor"
)

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
	stop   context.CancelFunc                      // ends the keeping of the lease
	cancel context.CancelFunc                      // ends the attempt or the look
	asked  []withdraw                              // who waits for the end
	failed bool                                    // an error of this loss was logged
	shared bool                                    // that the key is another one's was logged
}

// run is the goroutine that owns the registration. It ends after a withdrawal.
func (k *keeper) run(ctx context.Context, lease clientv3.LeaseID) {
	core, d := &core{every: k.registry.entry.ttl / 3}, &duty{stop: func() {}, cancel: func() {}}
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
				if core.stage == leaving {
					continue
				}
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
	case looked:
		if core.stage != leaving && m.err == nil {
			k.noteKey(d, m.finding)
		}
		core.looked(time.Now())
	default:
		panic(fmt.Sprintf("BUG: the keeper of a registration was told a %T", m))
	}
}

// note logs how an attempt has ended: of several errors in a row the first.
func (k *keeper) note(d *duty, err error) {
	switch {
	case err == nil:
		k.log.Info("the server is registered again")
		d.shared = false
	case !d.failed:
		k.log.Warn("the server could not be registered again; it is tried until it succeeds", "why", err)
	}
	d.failed = err != nil
}

// noteKey logs what a look has found: that another one has the key only once.
func (k *keeper) noteKey(d *duty, f finding) {
	switch {
	case f == mended:
		k.log.Warn("the key of the registration was deleted or changed, not by this server; it is written again")
	case f == foreign && !d.shared:
		k.log.Warn("another process registers this address too, and has the key now; it is written again when it is gone")
	}
	d.shared = f == foreign
}

// do does what the core wants, and reports whether that was the end.
func (k *keeper) do(ctx context.Context, core *core, d *duty) (ended bool) {
	for _, todo := range core.todo {
		switch todo {
		case wantEnter:
			d.stop()
			d.cancel()
			d.cancel = k.enter(ctx)
		case wantCancel:
			d.cancel()
		case wantKeep:
			d.cancel()
			k.keep(ctx, core, d)
		case wantLook:
			d.cancel()
			d.cancel = k.look(ctx, core.lease)
		case wantRevoke:
			d.stop()
			d.cancel()
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

// look starts a look at the key.
func (k *keeper) look(ctx context.Context, lease clientv3.LeaseID) context.CancelFunc {
	ctx, cancel := context.WithCancel(ctx)
	k.actors.Go(func(context.Context) {
		finding, err := k.registry.look(ctx, lease)
		k.inbox.Send(looked{finding, err})
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

// Package process runs the balancer with its admin port, from its start to its end.
package process

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"github.com/actorlb/grpclb/grpclbd/internal/admin"
	"github.com/actorlb/grpclb/grpclbd/internal/daemon"
)

// A Companion goes on beside the balancer until its context is done, such as the watcher of the
// configuration's file.
type Companion interface {
	Accompany(ctx context.Context, d *daemon.Daemon)
}

// Run runs the balancer until the context is done, or a port fails. A nil companion is none.
func Run(ctx context.Context, opts daemon.Options, c Companion) error {
	log := opts.Log
	d, err := daemon.Start(ctx, opts)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		log.Info("the balancer stops")
		return nil
	}
	if err != nil {
		return err
	}
	page, err := admin.Listen(opts.Config, d, log)
	if err != nil {
		d.Stop(ended())
		return err
	}
	log.Info("the balancer has started", "listen", d.Address(), "admin", page.Address(), "replica", opts.Config.Replica)
	all, ctx := errgroup.WithContext(ctx)
	all.Go(d.Serve)
	all.Go(page.Serve)
	if c != nil {
		all.Go(func() error {
			c.Accompany(ctx, d)
			return nil
		})
	}
	all.Go(func() error {
		<-ctx.Done()
		log.Info("the balancer stops")
		d.Stop(context.Background())
		page.Stop()
		return nil
	})
	return all.Wait()
}

// ended is a context that is done: nobody has been served who could be sent away over some time.
func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

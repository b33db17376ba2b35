// Package filecheck tells the log when a file that the program reads again by itself can't be
// used, and when it can again. gRPC's own readers of certificates and policies keep what they
// read last, and do not say so.
package filecheck

import (
	"context"
	"log/slog"
	"time"

	"github.com/actorlb/grpclb/actor"
)

// Every is how often files are looked at: as often as gRPC's readers do.
const Every = 5 * time.Second

// A Use is what files are for.
type Use interface {
	// Try returns nil if the files can be used now, or what is wrong.
	Try() error
}

// A Check is the handle of an actor that tries a use of files again and again.
type Check struct{ actors *actor.Group }

// Start starts to try. What says in the log which files are meant.
func Start(what string, u Use, log *slog.Logger) *Check { return StartEvery(Every, what, u, log) }

// StartEvery is Start for another time between two tries.
func StartEvery(every time.Duration, what string, u Use, log *slog.Logger) *Check {
	c := &Check{actor.NewGroup()}
	c.actors.Go(func(ctx context.Context) { watch(ctx, what, u, log, every) })
	return c
}

// Stop ends that.
func (c *Check) Stop() { c.actors.Stop() }

// watch owns what was logged last.
func watch(ctx context.Context, what string, u Use, log *slog.Logger, every time.Duration) {
	timer := actor.NewTimer()
	defer timer.Stop()
	failing := ""
	for {
		timer.Set(time.Now().Add(every))
		select {
		case <-timer.Ready():
			timer.Rang()
			failing = tell(what, u.Try(), failing, log)
		case <-ctx.Done():
			return
		}
	}
}

// tell logs what has changed, and returns the error that was logged last; "": none.
func tell(what string, err error, failing string, log *slog.Logger) string {
	switch {
	case err != nil && err.Error() != failing:
		log.Warn("the files can't be used; what was read last stays in use", "files", what, "why", err)
	case err == nil && failing != "":
		log.Info("the files can be used again", "files", what)
	}
	if err == nil {
		return ""
	}
	return err.Error()
}

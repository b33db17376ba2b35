package store

import (
	"bytes"
	"context"
	"log/slog"
	"testing"

	"github.com/actorlb/grpclb/actor"
)

// What fails because the store was told to stop is no failure: it is neither told nor logged.
func TestStore_StopIsNoFailure(t *testing.T) {
	for range 100 { // the end and the messages come at once
		var log bytes.Buffer
		seen := &owner{t: t, inbox: actor.NewInbox[heard]()}
		l := &loop{owner: seen, log: slog.New(slog.NewTextHandler(&log, nil)), inbox: actor.NewInbox[message](), jobs: make(chan job, 1), again: actor.NewCell[reread](), core: newCore("a")}
		ctx, stop := context.WithCancel(t.Context())
		stop()
		l.inbox.Send(readingFailed{ctx.Err()})
		l.inbox.Send(jobDone{job: grant{}, err: ctx.Err()})
		l.run(ctx)
		if log.Len() > 0 || !seen.inbox.Empty() {
			t.Fatalf("the owner was told something: %v; log: %s", !seen.inbox.Empty(), log.String())
		}
	}
}

package source

import (
	"context"
	"testing"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

// What fails because the source was told to stop is not told.
func TestSource_StopIsNoFailure(t *testing.T) {
	t.Parallel()
	for range 100 { // the end and the messages come at once
		ctx, stop := context.WithCancel(t.Context())
		stop()
		l, group := newListener(t), actor.NewGroup()
		d := newDNS(config.Source{DNS: "greeter:1", Resolve: "127.0.0.1:1"}, teller{7, l}, group)
		d.inbox.Send(looked{answer{err: ctx.Err()}})
		d.run(ctx)
		e := newEtcd(config.Source{Etcd: "x"}, teller{7, l}, group, client(t, etcd.Addr()), silentLog)
		e.inbox.Send(wasRead{err: ctx.Err()})
		e.run(ctx)
		group.Stop()
		if n := len(l.reports); n > 0 {
			t.Fatalf("%d reports, the first: %v", n, (<-l.reports).Err)
		}
	}
}

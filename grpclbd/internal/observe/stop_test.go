package observe

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

// A check that fails because the watcher was told to stop says nothing about the backend.
func TestHealth_Check_StopIsNoFailure(t *testing.T) {
	refuse := func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("refused") }
	h := checks()
	h.TCP = &config.TCP{}
	for range 100 { // the end and the answer come at once
		w := &Watcher{actor.NewGroup(), actor.NewInbox[message]()}
		b := &backend{setup: setup{health: h, dial: refuse}, address: addr, public: w,
			inbox: actor.NewInbox[event](), core: newCore(addr, h)}
		ctx, stop := context.WithCancel(t.Context())
		stop()
		b.inbox.Send(checked{answer{word: true, why: ctx.Err().Error()}})
		b.run(ctx)
		w.Stop()
		if !w.inbox.Empty() {
			t.Fatal("the watcher was told something")
		}
	}
}

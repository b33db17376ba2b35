package observe

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc"

	"github.com/actorlb/grpclb/actor"
)

// backend is the actor of one backend. It owns the connection.
type backend struct {
	// Fixed.
	setup   setup
	address string
	number  uint64
	public  *Watcher
	inbox   *actor.Inbox[event]

	// Owned by run.
	core core
	conn *grpc.ClientConn // nil if the backend is only asked for TCP connections
}

// startBackend starts the actor. It ends when ctx is done.
func startBackend(ctx context.Context, w *Watcher, s setup, address string, number uint64) {
	b := &backend{setup: s, address: address, number: number, public: w,
		inbox: actor.NewInbox[event](), core: newCore(address, s.health)}
	w.group.Go(func(context.Context) { b.run(ctx) })
}

func (b *backend) run(ctx context.Context) {
	defer b.inbox.Close()
	b.connect(ctx)
	if b.conn != nil {
		defer func() { _ = b.conn.Close() }()
	}
	timer := actor.NewTimer()
	defer timer.Stop()
	for {
		b.core.tick(time.Now())
		b.act(ctx)
		timer.Set(b.core.due())
		var events []event
		select {
		case <-ctx.Done():
		case batch := <-b.inbox.Ready():
			events = b.inbox.Open(batch)
		case <-timer.Ready():
			timer.Rang()
		}
		if ctx.Err() != nil {
			return // a check may have failed because of that
		}
		for _, e := range events {
			b.handle(e)
		}
	}
}

func (b *backend) handle(e event) {
	now := time.Now()
	switch e := e.(type) {
	case checked:
		b.core.checked(now, e.answer, rand.Float64())
	case watched:
		b.core.watched(now, e.answer)
	case broken:
		b.core.broken(now)
	case reported:
		b.core.reported(now, e.figures)
	case unmeasured:
		b.warn("the backend does not report its load", e.why)
	default:
		panic(fmt.Sprintf("BUG: a backend got a %T", e))
	}
}

// act does what the core wants done.
func (b *backend) act(ctx context.Context) {
	for _, a := range b.core.todo {
		switch a := a.(type) {
		case check:
			b.public.group.Go(func(context.Context) { b.inbox.Send(checked{b.check(ctx)}) })
		case tellHealth:
			b.public.inbox.Send(healthChanged{b.number, a.health})
			b.logHealth(a)
		case tellLoad:
			b.public.inbox.Send(loadChanged{b.number, a.load})
		case nonsense:
			b.warn("a load report is ignored", a.err.Error())
		default:
			panic(fmt.Sprintf("BUG: the core of a backend wants a %T done", a))
		}
	}
	clear(b.core.todo)
	b.core.todo = b.core.todo[:0]
}

// logHealth: that a new backend is healthy is what one expects.
func (b *backend) logHealth(t tellHealth) {
	switch {
	case !t.changed:
	case !t.health.Healthy:
		b.warn("the backend is unhealthy", t.health.Why)
	case b.core.judge.asked > 1:
		b.info("the backend is healthy")
	}
}

func (b *backend) warn(line, why string) {
	b.public.inbox.Send(logged{b.address, b.number, slog.LevelWarn, line, why})
}

func (b *backend) info(line string) {
	b.public.inbox.Send(logged{b.address, b.number, slog.LevelInfo, line, ""})
}

package observe

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

// A Watcher watches the backends of one service. Any goroutine may call its methods.
type Watcher struct {
	group *actor.Group
	inbox *actor.Inbox[message]
}

// Start starts a watcher without backends. If health is nil, the owner hears nothing of health;
// if load is nil, nothing of load.
func Start(health *config.Health, load *config.Load, owner Owner, log *slog.Logger) *Watcher {
	return start(setup{health: health, load: load, log: log, dial: new(net.Dialer).DialContext}, owner)
}

// setup is what all backends of a service have in common. It is immutable.
type setup struct {
	health *config.Health
	load   *config.Load
	log    *slog.Logger
	dial   func(ctx context.Context, network, address string) (net.Conn, error)
}

func start(s setup, owner Owner) *Watcher {
	w := &Watcher{group: actor.NewGroup(), inbox: actor.NewInbox[message]()}
	l := &loop{setup: s, owner: owner, public: w, stops: map[string]context.CancelFunc{}}
	l.core.watched = map[string]uint64{}
	if s.load != nil {
		l.core.interval = s.load.Interval
	}
	w.group.Go(l.run)
	return w
}

// Stop ends all checks and connections, and returns when all goroutines have ended.
func (w *Watcher) Stop() { w.group.Stop() }

// loop is the goroutine that owns which backends are watched.
type loop struct {
	// Fixed.
	setup  setup
	owner  Owner
	public *Watcher

	// Owned by run.
	core    batcher
	journal journal
	stops   map[string]context.CancelFunc // by address: each ends the actor of a backend
}

func (l *loop) run(ctx context.Context) {
	defer l.public.inbox.Close()
	timer := actor.NewTimer()
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case batch := <-l.public.inbox.Ready():
			for _, m := range l.public.inbox.Open(batch) {
				l.handle(ctx, m)
			}
		case <-timer.Ready():
			timer.Rang()
		}
		health, loads := l.core.flush(time.Now())
		if len(health) > 0 {
			l.owner.HealthSaid(health)
		}
		if len(loads) > 0 {
			l.owner.LoadSaid(loads)
		}
		if left := l.journal.sum(time.Now()); left > 0 {
			l.setup.log.Warn("lines about backends were left out, because there were too many in a second", "lines", left)
		}
		timer.Set(sooner(l.core.due(), l.journal.due()))
	}
}

// sooner returns the earlier of two times, of which each may be zero for never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func (l *loop) handle(ctx context.Context, m message) {
	switch m := m.(type) {
	case watch:
		l.watch(ctx, m.addresses)
	case healthChanged:
		l.core.healthChanged(time.Now(), m)
	case loadChanged:
		l.core.loadChanged(time.Now(), m)
	case logged:
		if l.core.knows(m.address, m.number) && l.journal.take(time.Now()) {
			l.log(ctx, m)
		}
	default:
		panic(fmt.Sprintf("BUG: the watcher got a %T", m))
	}
}

func (l *loop) log(ctx context.Context, m logged) {
	about := []slog.Attr{slog.String("backend", m.address)}
	if m.why != "" {
		about = append(about, slog.String("why", m.why))
	}
	l.setup.log.LogAttrs(ctx, m.level, m.line, about...)
}

// watch stops the actors of backends that are no longer there, and starts those of new ones.
func (l *loop) watch(ctx context.Context, addresses []string) {
	added, removed := l.core.watch(addresses)
	for _, address := range removed {
		l.stops[address]()
		delete(l.stops, address)
	}
	for _, address := range added {
		ctx, stop := context.WithCancel(ctx)
		l.stops[address] = stop
		startBackend(ctx, l.public, l.setup, address, l.core.watched[address])
	}
}

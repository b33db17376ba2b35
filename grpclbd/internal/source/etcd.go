package source

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/grpclbd/internal/backend"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

// How long etcd may take to answer.
const (
	readTimeout  = 10 * time.Second
	countTimeout = 2 * time.Second
)

// An etcdSource is the actor that reads and watches a prefix. Each question to etcd, and each watch, has a
// goroutine of its own, which posts what etcd says and ends. So nothing here waits for etcd.
type etcdSource struct {
	cfg    config.Source
	prefix string // ends in "/"
	teller teller
	actors *actor.Group
	client *clientv3.Client
	log    *slog.Logger
	inbox  *actor.Inbox[etcdMessage] // questions and watches → run
}

func newEtcd(cfg config.Source, t teller, actors *actor.Group, client *clientv3.Client, log *slog.Logger) *etcdSource {
	return &etcdSource{cfg, strings.TrimRight(cfg.Etcd, "/") + "/", t, actors, client, log, actor.NewInbox[etcdMessage]()}
}

func (e *etcdSource) run(ctx context.Context) {
	if e.client == nil {
		e.teller.tell(backend.Report{Err: errNoStore, At: time.Now()})
		return
	}
	core, unwatch := &etcdCore{keys: keys{cfg: e.cfg}, due: time.Now()}, func() {}
	defer func() { unwatch() }()
	timer := actor.NewTimer()
	defer timer.Stop()
	defer e.inbox.Close()
	remarked := false
	for {
		core.wake(time.Now())
		unwatch = e.do(ctx, core, unwatch)
		if core.foreign != "" && !remarked {
			remarked = true
			e.log.Info("the metadata of a registration is not this program's and is ignored, as all such metadata of this source", "key", core.foreign)
		}
		timer.Set(core.alarm())
		select {
		case <-ctx.Done():
			return
		case <-timer.Ready():
			timer.Rang()
		case batch := <-e.inbox.Ready():
			messages := e.inbox.Open(batch)
			if ctx.Err() != nil {
				return // a question may have failed because it was told to end
			}
			for _, m := range messages {
				handleEtcd(core, m)
			}
		}
	}
}

func handleEtcd(core *etcdCore, m etcdMessage) {
	switch m := m.(type) {
	case wasRead:
		core.read(time.Now(), m, rand.Float64())
	case wasCounted:
		core.counted(time.Now(), m, rand.Float64())
	case watchSaid:
		core.watchSaid(time.Now(), m, rand.Float64())
	case watchEnded:
		core.watchEnded(time.Now(), m, rand.Float64())
	default:
		panic(fmt.Sprintf("BUG: a source in etcd was told a %T", m))
	}
}

// do does what the core wants. unwatch ends the watch that runs; do returns the one to use from then on.
func (e *etcdSource) do(ctx context.Context, core *etcdCore, unwatch context.CancelFunc) context.CancelFunc {
	for _, r := range core.reports {
		e.teller.tell(r)
	}
	for _, todo := range core.todo {
		switch todo {
		case wantRead:
			e.actors.Go(e.read)
		case wantCount:
			e.actors.Go(e.count)
		case wantStop:
			unwatch()
		case wantWatch:
			watched, cancel := context.WithCancel(clientv3.WithRequireLeader(ctx))
			unwatch = cancel
			number, from := core.number, core.next
			e.actors.Go(func(context.Context) { e.watch(watched, number, from) })
		}
	}
	core.reports, core.todo = nil, nil
	return unwatch
}

func (e *etcdSource) read(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	got, err := e.client.Get(ctx, e.prefix, clientv3.WithPrefix(), clientv3.WithLimit(backend.MaxBackends+1))
	e.inbox.Send(wasRead{got, err})
}

func (e *etcdSource) count(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, countTimeout)
	defer cancel()
	got, err := e.client.Get(ctx, e.prefix, clientv3.WithPrefix(), clientv3.WithCountOnly())
	e.inbox.Send(wasCounted{got, err})
}

// watch passes on what a watch says, until ctx or the watch ends. It ends if the member that serves it has lost the
// others. Opening it may take as long as etcd is away.
func (e *etcdSource) watch(ctx context.Context, number uint64, from int64) {
	changes := e.client.Watch(ctx, e.prefix, clientv3.WithPrefix(), clientv3.WithRev(from), clientv3.WithCreatedNotify())
	for r := range changes {
		e.inbox.Send(watchSaid{number, r})
	}
	e.inbox.Send(watchEnded{number})
}

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

// An etcdSource is the actor that reads and watches a prefix. Each question to etcd has a goroutine of its
// own, which posts the answer and ends.
type etcdSource struct {
	cfg    config.Source
	prefix string // ends in "/"
	teller teller
	actors *actor.Group
	client *clientv3.Client
	log    *slog.Logger
	inbox  *actor.Inbox[etcdMessage] // questions → run
}

func newEtcd(cfg config.Source, t teller, actors *actor.Group, client *clientv3.Client, log *slog.Logger) *etcdSource {
	return &etcdSource{cfg, strings.TrimRight(cfg.Etcd, "/") + "/", t, actors, client, log, actor.NewInbox[etcdMessage]()}
}

// A watch is one that runs, or none. It belongs to run.
type watch struct {
	changes clientv3.WatchChan // nil: none runs
	end     context.CancelFunc
}

func (e *etcdSource) run(ctx context.Context) {
	if e.client == nil {
		e.teller.tell(backend.Report{Err: errNoStore, At: time.Now()})
		return
	}
	core, w := &etcdCore{keys: keys{cfg: e.cfg}, due: time.Now()}, watch{end: func() {}}
	timer := actor.NewTimer()
	defer timer.Stop()
	defer e.inbox.Close()
	remarked := false
	for {
		core.wake(time.Now())
		w = e.do(ctx, core, w)
		if core.foreign != "" && !remarked {
			remarked = true
			e.log.Info("the metadata of a registration is not this program's and is ignored, as all such metadata of this source", "key", core.foreign)
		}
		timer.Set(core.alarm())
		select {
		case <-ctx.Done():
			w.end()
			return
		case <-timer.Ready():
			timer.Rang()
		case m, open := <-w.changes:
			core.changed(time.Now(), m, open, rand.Float64())
		case batch := <-e.inbox.Ready():
			if ctx.Err() != nil {
				w.end()
				return // the question failed because it was told to end
			}
			for _, m := range e.inbox.Open(batch) {
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
	default:
		panic(fmt.Sprintf("BUG: a source in etcd was told a %T", m))
	}
}

// do does what the core wants, and returns the watch that runs then.
func (e *etcdSource) do(ctx context.Context, core *etcdCore, w watch) watch {
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
			w.end()
			w.changes = nil
		case wantWatch:
			w = e.watch(ctx, core.next)
		}
	}
	core.reports, core.todo = nil, nil
	return w
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

// watch starts a watch. It ends if the member that serves it has lost the others.
func (e *etcdSource) watch(ctx context.Context, from int64) watch {
	ctx, cancel := context.WithCancel(clientv3.WithRequireLeader(ctx))
	return watch{e.client.Watch(ctx, e.prefix, clientv3.WithPrefix(), clientv3.WithRev(from)), cancel}
}

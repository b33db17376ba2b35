package store

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/grpclbd/internal/terminal"
)

// loop is the goroutine that owns what the store knows.
type loop struct {
	// Fixed.
	client *clientv3.Client
	etcd   *embedded // nil with a cluster
	owner  Owner
	log    *slog.Logger
	inbox  *actor.Inbox[message] // reader, worker, daemon → loop
	jobs   chan job              // loop → worker; the core has one job at a time, so there is room
	again  actor.Cell[reread]    // loop → reader

	// Owned by run.
	core core
}

func (l *loop) run(ctx context.Context) {
	defer l.inbox.Close()
	timer := actor.NewTimer()
	defer timer.Stop()
	l.settle()
	for {
		timer.Set(l.core.due())
		var messages []message
		select {
		case <-ctx.Done():
		case batch := <-l.inbox.Ready():
			messages = l.inbox.Open(batch)
		case <-timer.Ready():
			timer.Rang()
		}
		if ctx.Err() != nil { // what has failed may have failed because of that
			l.leave()
			return
		}
		for _, m := range messages {
			l.handle(time.Now(), m)
		}
		l.settle()
	}
}

func (l *loop) handle(now time.Time, m message) {
	switch m := m.(type) {
	case everythingRead:
		l.core.everythingRead(m.entries, m.revision)
	case watchOpened:
		l.core.watchOpened()
	case entriesChanged:
		l.core.entriesChanged(m.entries, m.revision)
	case readingFailed:
		l.core.readingFailed(m.err)
	case jobDone:
		l.core.jobDone(now, m, rand.Float64())
	case full:
		l.core.full()
	case written:
		l.core.written(m.replica)
	default:
		panic(fmt.Sprintf("BUG: the store got a %T", m))
	}
}

// settle does what the core wants done after a batch.
func (l *loop) settle() {
	l.core.settle(time.Now())
	for _, a := range l.core.todo {
		l.do(a)
	}
	clear(l.core.todo)
	l.core.todo = l.core.todo[:0]
}

func (l *loop) do(a action) {
	switch a := a.(type) {
	case tellOverrides:
		l.owner.OverridesSaid(a.all)
	case tellReplicas:
		l.owner.ReplicasSaid(a.all)
	case tellState:
		l.owner.StoreSaid(a.state)
	case run:
		l.jobs <- a.job
	case readAgain:
		l.again.Put(reread(a))
	case ignored:
		l.log.Warn("a value in etcd is ignored", "key", cut(a.key), "why", cut(a.err.Error()))
	case unwritten:
		l.log.Error("the totals of this replica are not written to etcd: the other replicas go on with older ones", "why", a.err)
	case sameName:
		l.log.Error("another process has the name of this replica: give each its own", "replica", a.name)
	case freed:
		if a.err != nil {
			l.log.Error("the data of the etcd in this process have reached their limit, and no room could be made; that is tried again", "why", a.err)
		} else {
			l.log.Warn("the data of the etcd in this process had reached their limit; what is not needed was removed")
		}
	case lost:
		if a.read {
			l.log.Error("etcd is away, or fails: what was read last stays in use", "why", a.why)
		} else {
			l.log.Error("etcd is away, or fails: nothing has been read yet", "why", a.why)
		}
	case found:
		l.log.Info("etcd answers again")
	default:
		panic(fmt.Sprintf("BUG: the store's core wants a %T done", a))
	}
}

// leave ends the lease, so that the other replicas hear at once that this one has gone.
// If etcd is away, the lease ends by itself.
func (l *loop) leave() {
	if l.core.keeper.lease == 0 || !l.core.state.Reached {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, _ = l.client.Revoke(ctx, l.core.keeper.lease)
}

// cut shortens for the log what somebody has written to etcd: a key may have a megabyte.
func cut(text string) string { return terminal.Cut(text, 300) }

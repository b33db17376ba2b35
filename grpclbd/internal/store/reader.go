package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/actorlb/grpclb/grpclbd/internal/wait"
	"github.com/actorlb/grpclb/internal/delay"
)

// readTime bounds the reading of all entries, and the opening of the watch.
const readTime = 5 * time.Second

// read is the goroutine that reads all entries and then watches them. When the watch is lost
// for whatever reason (compaction too), it begins anew after a wait.
func (l *loop) read(ctx context.Context) {
	for failures := 0; ctx.Err() == nil; failures++ {
		opened, err := l.follow(ctx)
		if opened {
			failures = 0
		}
		l.inbox.Send(readingFailed{err})
		wait.For(ctx, delay.After(retries, failures, rand.Float64()))
	}
}

// follow reads all entries and passes on what changes, until that fails. It reports whether the watch was opened.
func (l *loop) follow(ctx context.Context) (opened bool, err error) {
	revision, err := l.readAll(ctx)
	if err != nil {
		return false, err
	}
	if opened, err = l.watch(ctx, revision+1); err != nil {
		err = fmt.Errorf("overrides not watched: %w", err)
	}
	return opened, err
}

// readAll reads all entries, and returns the revision at which they were read.
func (l *loop) readAll(ctx context.Context) (revision int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	r, err := l.client.Get(ctx, root, clientv3.WithPrefix())
	if err != nil {
		return 0, fmt.Errorf("overrides not read: %w", err)
	}
	entries := make([]entry, 0, len(r.Kvs))
	for _, kv := range r.Kvs {
		entries = append(entries, entry{string(kv.Key), present(kv.Value)})
	}
	l.inbox.Send(everythingRead{entries, r.Header.Revision})
	return r.Header.Revision, nil
}

// watch passes changes on until the watch is lost. A member that has lost its leader ends
// the watch, so nobody waits for news that can't come. Without a bound, opening it would take as long
// as etcd is away. The loop has the watch given up if it waits for what can't come.
func (l *loop) watch(ctx context.Context, revision int64) (opened bool, err error) {
	ctx, cancel := context.WithCancelCause(clientv3.WithRequireLeader(ctx))
	defer cancel(nil)
	late := time.AfterFunc(readTime, func() { cancel(errNoAnswer) })
	defer late.Stop()
	changes := l.client.Watch(ctx, root, clientv3.WithPrefix(), clientv3.WithRev(revision), clientv3.WithCreatedNotify())
	for {
		select {
		case wish := <-l.again.Ready():
			return opened, wish.why
		case r, goesOn := <-changes:
			if err := r.Err(); err != nil {
				return opened, err
			}
			if !goesOn {
				return opened, cmp.Or(context.Cause(ctx), errEnded)
			}
			if !opened {
				opened = true
				late.Stop()
				l.inbox.Send(watchOpened{})
			}
			l.inbox.Send(entriesChanged{entriesOf(r.Events), r.Header.Revision})
		}
	}
}

var (
	errNoAnswer = errors.New("etcd does not answer")
	errEnded    = errors.New("the watch has ended")
)

func entriesOf(events []*clientv3.Event) []entry {
	entries := make([]entry, 0, len(events))
	for _, e := range events {
		entries = append(entries, changed(e))
	}
	return entries
}

func changed(e *clientv3.Event) entry {
	if e.Type == clientv3.EventTypeDelete {
		return entry{key: string(e.Kv.Key)}
	}
	return entry{string(e.Kv.Key), present(e.Kv.Value)}
}

// present makes an empty value one that is not nil, which would mean that it was deleted.
func present(value []byte) []byte {
	if value == nil {
		return []byte{}
	}
	return value
}

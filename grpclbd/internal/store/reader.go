package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/actorlb/grpclb/internal/delay"
)

// readTime bounds the reading of all entries.
const readTime = 5 * time.Second

// read is the goroutine that reads all entries and then watches them. When the watch is lost
// for whatever reason (compaction too), it begins anew after a wait.
func (l *loop) read(ctx context.Context) {
	for failures := 0; ctx.Err() == nil; failures++ {
		revision, err := l.readAll(ctx)
		if err == nil {
			failures = 0
			err = l.watch(ctx, revision+1)
		}
		l.inbox.Send(readingFailed{err})
		wait(ctx, delay.After(retries, failures, rand.Float64()))
	}
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
	l.inbox.Send(everythingRead{entries})
	return r.Header.Revision, nil
}

// watch passes changes on until the watch is lost. A member that has lost its leader ends
// the watch, so nobody waits for news that can't come.
func (l *loop) watch(ctx context.Context, revision int64) error {
	ctx, cancel := context.WithCancel(clientv3.WithRequireLeader(ctx))
	defer cancel()
	for r := range l.client.Watch(ctx, root, clientv3.WithPrefix(), clientv3.WithRev(revision)) {
		if err := r.Err(); err != nil {
			return fmt.Errorf("overrides not watched: %w", err)
		}
		entries := make([]entry, 0, len(r.Events))
		for _, e := range r.Events {
			entries = append(entries, changed(e))
		}
		l.inbox.Send(entriesChanged{entries})
	}
	return errors.New("overrides not watched: the watch has ended")
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

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

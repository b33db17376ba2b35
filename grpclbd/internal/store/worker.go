package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// jobTime bounds a job.
const jobTime = 2 * time.Second

// work is the goroutine that asks etcd for what the loop wants, one job at a time.
func (l *loop) work(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case j := <-l.jobs:
			l.inbox.Send(l.ask(ctx, j))
		}
	}
}

func (l *loop) ask(parent context.Context, j job) jobDone {
	ctx, cancel := context.WithTimeout(parent, jobTime)
	defer cancel()
	switch j := j.(type) {
	case free:
		return jobDone{job: j, err: l.etcd.freeRoom(parent)}
	case grant:
		r, err := l.client.Grant(ctx, int64(leaseTTL/time.Second))
		if err != nil {
			return jobDone{job: j, err: fmt.Errorf("no lease: %w", err)}
		}
		return jobDone{job: j, lease: r.ID, revision: r.GetRevision()}
	case renew:
		r, err := l.client.KeepAliveOnce(ctx, j.lease)
		if err != nil {
			return jobDone{job: j, err: fmt.Errorf("lease not renewed: %w", err)}
		}
		return jobDone{job: j, revision: r.GetRevision()}
	case put:
		return l.put(ctx, j)
	default:
		panic(fmt.Sprintf("BUG: the store's worker got a %T", j))
	}
}

// put writes the entry.
func (l *loop) put(ctx context.Context, p put) jobDone {
	value, err := json.Marshal(p.replica)
	if err != nil {
		panic(fmt.Sprintf("BUG: totals that can't be JSON: %v", err)) // the core has seen that they can
	}
	r, err := l.client.Put(ctx, replicaKey(p.replica.Name), string(value), clientv3.WithLease(p.lease))
	if err != nil {
		return jobDone{job: p, err: fmt.Errorf("totals not written: %w", err)}
	}
	return jobDone{job: p, revision: r.Header.GetRevision()}
}

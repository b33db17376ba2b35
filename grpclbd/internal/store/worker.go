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
			lease, err := l.ask(ctx, j)
			l.inbox.Send(jobDone{j, lease, err})
		}
	}
}

func (l *loop) ask(ctx context.Context, j job) (clientv3.LeaseID, error) {
	ctx, cancel := context.WithTimeout(ctx, jobTime)
	defer cancel()
	switch j := j.(type) {
	case grant:
		r, err := l.client.Grant(ctx, int64(leaseTTL/time.Second))
		if err != nil {
			return 0, fmt.Errorf("no lease: %w", err)
		}
		return r.ID, nil
	case renew:
		_, err := l.client.KeepAliveOnce(ctx, j.lease)
		if err != nil {
			err = fmt.Errorf("lease not renewed: %w", err)
		}
		return 0, err
	case put:
		return 0, l.put(ctx, j)
	default:
		panic(fmt.Sprintf("BUG: the store's worker got a %T", j))
	}
}

// put writes the entry.
func (l *loop) put(ctx context.Context, p put) error {
	value, err := json.Marshal(p.replica)
	if err != nil {
		panic(fmt.Sprintf("BUG: totals that can't be JSON: %v", err)) // the core has seen that they can
	}
	if _, err := l.client.Put(ctx, replicaKey(p.replica.Name), string(value), clientv3.WithLease(p.lease)); err != nil {
		return fmt.Errorf("totals not written: %w", err)
	}
	return nil
}

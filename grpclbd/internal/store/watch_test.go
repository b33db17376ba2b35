package store

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/actorlb/grpclb/actor"
)

// A halfEtcd answers everything, and opens no watch.
type halfEtcd struct {
	clientv3.KV
	clientv3.Lease
	clientv3.Watcher
}

func (halfEtcd) Close() error { return nil }

func (halfEtcd) Get(context.Context, string, ...clientv3.OpOption) (*clientv3.GetResponse, error) {
	return &clientv3.GetResponse{Header: &etcdserverpb.ResponseHeader{Revision: 1}}, nil
}

func (halfEtcd) Grant(context.Context, int64) (*clientv3.LeaseGrantResponse, error) {
	return &clientv3.LeaseGrantResponse{ID: 1}, nil
}

func (halfEtcd) KeepAliveOnce(context.Context, clientv3.LeaseID) (*clientv3.LeaseKeepAliveResponse, error) {
	return &clientv3.LeaseKeepAliveResponse{}, nil
}

func (halfEtcd) Revoke(context.Context, clientv3.LeaseID) (*clientv3.LeaseRevokeResponse, error) {
	return &clientv3.LeaseRevokeResponse{}, nil
}

func (halfEtcd) Watch(ctx context.Context, _ string, _ ...clientv3.OpOption) clientv3.WatchChan {
	<-ctx.Done()
	closed := make(chan clientv3.WatchResponse)
	close(closed)
	return closed
}

// An etcd that opens no watch is as good as away: nobody would hear of new overrides. What is there is read, again and
// again, and the loss is told and logged once.
func TestStore_Away_NoWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lines := make(lineWriter, 100)
		seen := &owner{t: t, inbox: actor.NewInbox[heard]()}
		client := &clientv3.Client{KV: halfEtcd{}, Lease: halfEtcd{}, Watcher: halfEtcd{}}
		l := &loop{client: client, owner: seen, log: slog.New(slog.NewTextHandler(lines, nil)), inbox: actor.NewInbox[message](), jobs: make(chan job, 1), again: actor.NewCell[reread](), core: newCore("a")}
		group := actor.NewGroup()
		defer group.Stop()
		group.Go(l.run)
		group.Go(l.work)
		group.Go(l.read)
		began := time.Now()
		seen.until("it is away", func() bool { return !seen.state.Since.IsZero() && !seen.state.Reached })
		if late := time.Since(began); !seen.read || late > readTime || !strings.Contains(seen.state.Why, "overrides not watched: etcd does not answer") {
			t.Errorf("after %v: overrides read: %v, state %+v", late, seen.read, seen.state)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := len(lines); n != 1 {
			t.Errorf("%d lines, the last: %s", n, <-lines)
		}
	})
}

// A lineWriter keeps what is logged.
type lineWriter chan string

func (w lineWriter) Write(line []byte) (int, error) {
	w <- string(line)
	return len(line), nil
}

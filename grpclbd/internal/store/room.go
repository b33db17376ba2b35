package store

import (
	"context"
	"errors"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/etcdserver"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"
)

// roomTime bounds the making of room.
const roomTime = time.Minute

// makeRoom ends the alarm of an etcd whose data have reached the quota, after it has freed what
// is not needed. Nobody else could: the etcd can't be reached from outside.
func makeRoom(ctx context.Context, server *etcdserver.EtcdServer) error {
	c := v3client.New(server)
	defer func() { _ = c.Close() }()
	alarms, err := c.AlarmList(ctx)
	if err != nil || len(alarms.Alarms) == 0 {
		return err
	}
	at, err := c.Get(ctx, root)
	if err != nil {
		return err
	}
	_, compacted := c.Compact(ctx, at.Header.Revision, clientv3.WithCompactPhysical())
	if errors.Is(compacted, rpctypes.ErrCompacted) {
		compacted = nil // so it is already
	}
	if ctx.Err() != nil { // the etcd may be closing, and can't be defragmented then
		return ctx.Err()
	}
	defragmented := server.Backend().Defrag()                  // the client in this process has no Defragment
	_, disarmed := c.AlarmDisarm(ctx, &clientv3.AlarmMember{}) // all
	return errors.Join(compacted, defragmented, disarmed)
}

// freeRoom makes room while the etcd runs. It waits neither for an etcd that fails meanwhile nor for one that
// goes on when the context is done, so what makes room keeps nothing of e.
func (e *embedded) freeRoom(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, roomTime)
	defer cancel()
	done, server := make(chan error, 1), e.etcd.Server
	go func() {
		err := errors.New("etcd has failed; the log says why")
		defer func() { done <- err }() // also if etcd ends this goroutine
		err = makeRoom(ctx, server)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

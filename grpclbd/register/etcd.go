package register

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/naming/endpoints"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	attemptTimeout = 5 * time.Second // of an attempt to enter the server
	undoTimeout    = time.Second     // to undo half an attempt
)

// A registry is where the server is entered. Its fields do not change.
type registry struct {
	client *clientv3.Client
	own    bool // the client is closed at the end
	entry  entry
}

// enter writes the key under a new lease. If it fails, no key is left behind, unless etcd can't be
// reached; then the lease, which the key may have, is returned beside the error.
func (r *registry) enter(ctx context.Context) (clientv3.LeaseID, error) {
	manager, err := endpoints.NewManager(r.client, r.entry.service)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	seconds := (r.entry.ttl + time.Second - 1) / time.Second
	lease, err := r.client.Grant(ctx, int64(seconds))
	if err != nil {
		return 0, err
	}
	if err := manager.AddEndpoint(ctx, r.entry.key, r.entry.endpoint, clientv3.WithLease(lease.ID)); err != nil {
		undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTimeout)
		defer cancel()
		if r.revoke(undo, lease.ID) != nil {
			return lease.ID, err
		}
		return 0, err
	}
	return lease.ID, nil
}

// A value is what the key gets by AddEndpoint of package endpoints.
type value struct {
	Op       int // 0: add
	Addr     string
	Metadata any
}

// A finding is what a look at the key has found.
type finding int

const (
	found   finding = iota // it is as it was written
	mended                 // it was deleted or changed, and is written again
	foreign                // it is of another lease, and stays so
)

// look reads the key, and writes it again if it is gone, or has another value. A key of another lease is left alone.
func (r *registry) look(ctx context.Context, lease clientv3.LeaseID) (finding, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	want, err := json.Marshal(value{Addr: r.entry.endpoint.Addr, Metadata: r.entry.endpoint.Metadata})
	if err != nil {
		return found, err
	}
	got, err := r.client.Get(ctx, r.entry.key)
	if err != nil {
		return found, err
	}
	revision := int64(0) // there is no key
	if len(got.Kvs) == 1 {
		kv := got.Kvs[0]
		switch revision = kv.ModRevision; {
		case kv.Lease != int64(lease):
			return foreign, nil
		case string(kv.Value) == string(want):
			return found, nil
		}
	}
	// If somebody else writes it meanwhile, the next look sees that.
	done, err := r.client.Txn(ctx).If(clientv3.Compare(clientv3.ModRevision(r.entry.key), "=", revision)).
		Then(clientv3.OpPut(r.entry.key, string(want), clientv3.WithLease(lease))).Commit()
	if err != nil || !done.Succeeded {
		return found, err
	}
	return mended, nil
}

// revoke ends the lease, and so deletes the key. A lease that has ended already is no error.
func (r *registry) revoke(ctx context.Context, lease clientv3.LeaseID) error {
	_, err := r.client.Revoke(ctx, lease)
	if errors.Is(err, rpctypes.ErrLeaseNotFound) {
		return nil
	}
	return err
}

// mark writes into the key, if it is there and of this lease, that the server withdraws. Who deletes a key does not say why.
func (r *registry) mark(ctx context.Context, lease clientv3.LeaseID) error {
	m, _ := r.entry.endpoint.Metadata.(metadata)
	m.Withdrawn = true
	value, err := json.Marshal(endpoints.Endpoint{Addr: r.entry.endpoint.Addr, Metadata: m})
	if err != nil {
		return err
	}
	_, err = r.client.Txn(ctx).If(clientv3.Compare(clientv3.LeaseValue(r.entry.key), "=", lease)).
		Then(clientv3.OpPut(r.entry.key, string(value), clientv3.WithLease(lease))).Commit()
	return err
}

// leave ends the registration. It waits no longer than the lease lives.
func (r *registry) leave(ctx context.Context, lease clientv3.LeaseID, meant bool) error {
	if lease == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.entry.ttl)
	defer cancel()
	if meant {
		_ = r.mark(ctx, lease) // without it balancers take the server for one that has died
	}
	if err := r.revoke(ctx, lease); err != nil {
		return fmt.Errorf("register: %s could not be withdrawn; etcd deletes it within %v: %w", r.entry.key, r.entry.ttl, err)
	}
	return nil
}

func (r *registry) close() {
	if r.own {
		_ = r.client.Close() // it returns why its context ended
	}
}

// hopeless reports whether another attempt would end in the same error.
func hopeless(err error) bool {
	code := status.Code(err)
	var etcd rpctypes.EtcdError
	if errors.As(err, &etcd) {
		code = etcd.Code()
	}
	return code == codes.PermissionDenied || code == codes.Unauthenticated || code == codes.InvalidArgument
}

package store

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/actorlb/grpclb/grpclbd/internal/override"
)

// A leaderless etcd leaves the first orders without an answer, and takes the next ones.
type leaderless struct {
	clientv3.KV
	left chan struct{} // one for each order that is not answered
}

func (l leaderless) wait(ctx context.Context) error {
	select {
	case <-l.left:
		<-ctx.Done()
		return ctx.Err()
	default:
		return nil
	}
}

func (l leaderless) Put(ctx context.Context, _, _ string, _ ...clientv3.OpOption) (*clientv3.PutResponse, error) {
	return &clientv3.PutResponse{}, l.wait(ctx)
}

// Delete finds nothing: the order before has deleted it.
func (l leaderless) Delete(ctx context.Context, _ string, _ ...clientv3.OpOption) (*clientv3.DeleteResponse, error) {
	return &clientv3.DeleteResponse{}, l.wait(ctx)
}

// An order that a member does not answer, because its leader has just gone, is given again.
func TestStore_OrderIsGivenAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for unanswered, good := range []bool{true, true, true, true, false} {
			began, etcd := time.Now(), leaderless{left: make(chan struct{}, 10)}
			leave := func() {
				for range unanswered {
					etcd.left <- struct{}{}
				}
			}
			s := &Store{client: &clientv3.Client{KV: etcd}}
			leave()
			err := s.Put(t.Context(), drain("10.0.0.1:1"))
			if (err == nil) != good || !good && !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > askTime {
				t.Errorf("%d orders are not answered: %v after %v", unanswered, err, time.Since(began))
			}
			for len(etcd.left) > 0 {
				<-etcd.left
			}
			leave()
			found, err := s.Lift(t.Context(), "s", override.Drain, "10.0.0.1:1")
			if (err == nil) != good || found != (good && unanswered > 0) {
				t.Errorf("%d orders are not answered: found %v, error %v", unanswered, found, err)
			}
		}
	})
}

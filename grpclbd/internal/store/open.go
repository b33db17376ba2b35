package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
)

// A Store is the handle of one. Any goroutine may call its methods.
type Store struct {
	group    *actor.Group
	inbox    *actor.Inbox[message]
	client   *clientv3.Client
	embedded *embedded // nil with a cluster
}

// Open opens the store for the replica of that name. It starts an etcd in this process, or
// connects to the cluster that cfg names; a cluster that is away is no error: the owner
// hears of it by StoreSaid, and of the overrides when it is back. Errors are files that
// can't be used, data of another process, and a configuration that makes no sense.
func Open(ctx context.Context, cfg config.Store, replica string, owner Owner, log *slog.Logger) (*Store, error) {
	s := &Store{group: actor.NewGroup(), inbox: actor.NewInbox[message]()}
	if err := s.connect(ctx, cfg, log); err != nil {
		return nil, err
	}
	l := &loop{client: s.client, etcd: s.embedded, owner: owner, log: log, inbox: s.inbox, jobs: make(chan job, 1), again: actor.NewCell[reread](), core: newCore(replica)}
	l.core.keeper.own = s.embedded != nil
	s.group.Go(l.run)
	s.group.Go(l.work)
	s.group.Go(l.read)
	return s, nil
}

func (s *Store) connect(ctx context.Context, cfg config.Store, log *slog.Logger) (err error) {
	if len(cfg.Etcd) > 0 {
		s.client, err = cluster(cfg, log)
		return err
	}
	if s.embedded, err = embed(ctx, cfg, log); err == nil {
		s.client = s.embedded.client()
	}
	return err
}

// Client returns the client of etcd, for sources. It works until Close.
func (s *Store) Client() *clientv3.Client { return s.client }

// Close ends this replica's entry, and the etcd of this process. It returns when all
// goroutines have ended. One goroutine at a time may call it; again it does nothing.
func (s *Store) Close() {
	s.group.Stop()
	_ = s.client.Close()
	if s.embedded != nil {
		s.embedded.close()
	}
}

const (
	// askTime bounds Put and Lift if the caller's context does not.
	askTime = 5 * time.Second
	// tryTime bounds a try. A member forgets an order that it has sent to a leader which is gone, and answers nobody.
	tryTime = 1500 * time.Millisecond
)

// tries gives an order until there is an answer, and returns how often. To give it twice has the effect of once.
func tries(ctx context.Context, order func(context.Context) error) (n int, err error) {
	for n = 1; ; n++ {
		try, cancel := context.WithTimeout(ctx, tryTime)
		err = order(try)
		cancel()
		if ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
			return n, err
		}
	}
}

// Put writes an override, in the place of one with the same service, kind and subject. When it returns
// nil, etcd has it; the owner hears of it by OverridesSaid soon after.
//
// An override with an end is written under a lease, with which etcd deletes it: so it ends
// for all replicas at once. The lease's time is by the clock of this process.
func (s *Store) Put(ctx context.Context, o override.Override) error {
	o = o.Canonical()
	value, err := encode(o)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	options, err := s.leaseFor(ctx, o, time.Now())
	if err != nil {
		return err
	}
	_, err = tries(ctx, func(ctx context.Context) error {
		_, err := s.client.Put(ctx, keyOf(o), string(value), options...)
		return err
	})
	if err != nil {
		s.noteFull(err)
		return unsure("the override was not written", "be in force later", err)
	}
	return nil
}

// noteFull has room made, if that is what is missing.
func (s *Store) noteFull(err error) {
	if errors.Is(err, rpctypes.ErrNoSpace) {
		s.inbox.Send(full{})
	}
}

// refused says what was not done, and why.
func refused(what string, err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s: etcd does not answer: %w", what, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// unsure is refused for an order that etcd may have taken, or may still take, if it has not answered.
func unsure(what, may string, err error) error {
	code := status.Code(err)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || code == codes.Unavailable || code == codes.DeadlineExceeded {
		return fmt.Errorf("etcd does not answer; the override may still %s, so look again when etcd answers: %w", may, err)
	}
	return refused(what, err)
}

// leaseFor makes the lease of an override with an end. If the override is lifted or replaced
// before, the lease ends later without an effect.
func (s *Store) leaseFor(ctx context.Context, o override.Override, now time.Time) ([]clientv3.OpOption, error) {
	if o.Until.IsZero() {
		return nil, nil
	}
	if o.Over(now) {
		return nil, fmt.Errorf("the override ended at %s, and now is %s", o.Until.Format(time.RFC3339), now.Format(time.RFC3339))
	}
	seconds := int64((o.Until.Sub(now) + time.Second - 1) / time.Second)
	var lease clientv3.LeaseID
	_, err := tries(ctx, func(ctx context.Context) error {
		r, err := s.client.Grant(ctx, seconds)
		if err == nil {
			lease = r.ID
		}
		return err
	})
	if err != nil {
		s.noteFull(err)
		return nil, refused("the override was not written", err)
	}
	return []clientv3.OpOption{clientv3.WithLease(lease)}, nil
}

// Lift deletes an override. It reports whether there was one, or may have been before a try that was not answered. When it returns nil, etcd
// has deleted it; the owner hears of that by OverridesSaid soon after.
func (s *Store) Lift(ctx context.Context, service string, kind override.Kind, subject string) (found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	n, err := tries(ctx, func(ctx context.Context) error {
		r, err := s.client.Delete(ctx, overrideKey(service, kind, subject))
		found = err == nil && r.Deleted > 0
		return err
	})
	if err != nil {
		return false, unsure("the override was not lifted", "be lifted later", err)
	}
	return found || n > 1, nil
}

package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"runtime"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"go.etcd.io/etcd/client/pkg/v3/fileutil"
	clientv3 "go.etcd.io/etcd/client/v3"
	etcd "go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"
	"go.etcd.io/etcd/server/v3/storage/wal"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

// readyTime bounds the start of an etcd that has data already.
const readyTime = 10 * time.Second

// Two files of this size are on the disk at least. etcd's own 64 MB are for more writes
// than one a second.
func init() { wal.SegmentSizeBytes = 8 << 20 }

// An embedded is an etcd of one member in this process. It listens nowhere, unless the
// configuration says so.
type embedded struct {
	etcd   *etcd.Etcd
	lock   *fileutil.LockedFile
	remove string // a folder to be removed in the end; "": none
}

// embed starts an etcd with its data in cfg.Dir. If that is "", the data are in a temporary
// folder, and gone when the etcd is closed.
func embed(ctx context.Context, cfg config.Store, log *slog.Logger) (*embedded, error) {
	e, dir := new(embedded), cfg.Dir
	if dir == "" {
		made, err := os.MkdirTemp("", "grpclbd-")
		if err != nil {
			return nil, fmt.Errorf("store: no temporary folder: %w", err)
		}
		dir, e.remove = made, made
	}
	err := e.start(ctx, dir, cfg.Listen, log)
	if err == nil {
		err = e.makeRoom(ctx)
	}
	if err != nil {
		e.close()
		return nil, fmt.Errorf("store.dir %s: %w", dir, err)
	}
	return e, nil
}

func (e *embedded) start(ctx context.Context, dir, listen string, log *slog.Logger) (err error) {
	if e.lock, err = own(dir); err != nil {
		return err
	}
	if e.etcd, err = launch(etcdConfig(dir, listen, e.remove != "", log)); err != nil {
		return err
	}
	if n := len(e.etcd.Server.Cluster().Members()); n > 1 {
		return fmt.Errorf("the data are those of one of %d members: name the cluster in store.etcd", n)
	}
	timer := time.NewTimer(readyTime)
	defer timer.Stop()
	select {
	case <-e.etcd.Server.ReadyNotify():
		return nil
	case <-e.etcd.Server.StopNotify():
		return errors.New("etcd stopped while it started")
	case <-timer.C:
		return fmt.Errorf("etcd was not ready after %v", readyTime)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// launch starts etcd. etcd panics if its data are broken; that is an error here, after which
// two goroutines of etcd may be left.
func launch(cfg *etcd.Config) (e *etcd.Etcd, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case runtime.Error:
			e, err = nil, errors.New("the data can't be used: etcd fails to read them")
		default:
			e, err = nil, fmt.Errorf("the data can't be used: %v", r)
		}
	}()
	return etcd.StartEtcd(cfg)
}

func etcdConfig(dir, listen string, temporary bool, log *slog.Logger) *etcd.Config {
	cfg := etcd.NewConfig()
	cfg.Name, cfg.Dir = "grpclbd", dir

	// No socket is needed: the client calls the server in this process. The URL is a label
	// that etcd wants a member to have.
	label := url.URL{Scheme: "http", Host: "127.0.0.1:1"}
	cfg.ListenClientUrls, cfg.ListenPeerUrls = nil, nil
	cfg.AdvertiseClientUrls, cfg.AdvertisePeerUrls = []url.URL{label}, []url.URL{label}
	cfg.InitialCluster = cfg.Name + "=" + label.String()
	cfg.EnableGRPCGateway = false
	if listen != "" {
		reached := url.URL{Scheme: "http", Host: listen}
		cfg.ListenClientUrls, cfg.AdvertiseClientUrls = []url.URL{reached}, []url.URL{reached}
	}

	// There is nobody to wait for in an election: the etcd is ready in a tenth of a second.
	cfg.TickMs, cfg.ElectionMs = 20, 200
	// Totals are written each second, with up to a megabyte. What was before is worth nothing:
	// a minute of it is kept on the disk, and a hundred writes in memory.
	cfg.AutoCompactionMode, cfg.AutoCompactionRetention = etcd.CompactorModePeriodic, "1m"
	cfg.SnapshotCount, cfg.SnapshotCatchUpEntries = 100, 10
	cfg.QuotaBackendBytes = 512 << 20
	cfg.BootstrapDefragThresholdMegabytes = 64
	cfg.UnsafeNoFsync = temporary
	cfg.ZapLoggerBuilder = etcd.NewZapLoggerBuilder(quiet(log))
	return cfg
}

func (e *embedded) client() *clientv3.Client { return v3client.New(e.etcd.Server) }

// makeRoom ends the alarm of an etcd whose data have reached the quota, after it has freed what
// is not needed. Nobody else could: the etcd can't be reached from outside.
func (e *embedded) makeRoom(ctx context.Context) error {
	c := e.client()
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
	defragmented := e.etcd.Server.Backend().Defrag()           // the client in this process has no Defragment
	_, disarmed := c.AlarmDisarm(ctx, &clientv3.AlarmMember{}) // all
	return errors.Join(compacted, defragmented, disarmed)
}

func (e *embedded) close() {
	if e.etcd != nil {
		e.etcd.Close()
		e.etcd = nil
	}
	if e.lock != nil {
		_ = e.lock.Close() // of a file that is open no more it does nothing
	}
	if e.remove != "" {
		_ = os.RemoveAll(e.remove)
	}
}

package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"go.etcd.io/etcd/client/pkg/v3/fileutil"
	clientv3 "go.etcd.io/etcd/client/v3"
	etcd "go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"
	"go.etcd.io/etcd/server/v3/storage/wal"
	"go.uber.org/zap"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

// readyTime bounds the start of an etcd that has data already.
const readyTime = 10 * time.Second

// failedTime bounds the end of an etcd that has failed.
const failedTime = time.Second

// Two files of this size are on the disk at least. etcd's own 64 MB are for more writes
// than one a second.
func init() { wal.SegmentSizeBytes = 8 << 20 }

// An embedded is an etcd of one member in this process. It listens nowhere, unless the
// configuration says so.
type embedded struct {
	etcd   *etcd.Etcd
	lock   *fileutil.LockedFile
	remove string        // a folder to be removed in the end; "": none
	failed chan struct{} // has room for one: a goroutine of etcd has ended itself

	outside outside
}

// embed starts an etcd with its data in cfg.Dir. If that is "", the data are in a temporary
// folder, and gone when the etcd is closed.
func embed(ctx context.Context, cfg config.Store, log *slog.Logger) (*embedded, error) {
	e, dir := &embedded{failed: make(chan struct{}, 1), outside: newOutside()}, cfg.Dir
	if dir == "" {
		made, err := temporary(log)
		dir, e.remove = made, made
		if err != nil {
			e.close()
			return nil, fmt.Errorf("store: no temporary folder: %w", err)
		}
	} else {
		_ = os.Remove(filepath.Join(dir, temporaryFile)) // somebody keeps a folder that was temporary
	}
	err := e.start(ctx, dir, cfg.Listen, log)
	if err == nil {
		err = makeRoom(ctx, e.etcd.Server)
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
	cfg := etcdConfig(dir, listen, e.remove != "", quiet(log, etcdEnds{e.failed}))
	cfg.GRPCAdditionalServerOptions = e.outside.options()
	if e.etcd, err = launch(cfg); err != nil {
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
	case <-e.failed:
		e.etcd = nil // it does not close any more
		return errors.New("etcd has failed while it started; the log says why")
	case <-timer.C:
		return fmt.Errorf("etcd was not ready after %v", readyTime)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// launch starts etcd. If its data are broken, etcd panics, or ends the goroutine in which it
// starts; that is an error here, after which two goroutines of etcd may be left.
func launch(cfg *etcd.Config) (*etcd.Etcd, error) {
	done := make(chan launched, 1)
	go func() {
		l := launched{err: errors.New("the data can't be used; the log says why")}
		defer func() { done <- l.unless(recover()) }()
		l.etcd, l.err = etcd.StartEtcd(cfg)
	}()
	l := <-done
	return l.etcd, l.err
}

// launched is what has become of the start of an etcd.
type launched struct {
	etcd *etcd.Etcd
	err  error
}

// unless is l, or the error that etcd has panicked with.
func (l launched) unless(panicked any) launched {
	switch r := panicked.(type) {
	case nil:
		return l
	case runtime.Error:
		return launched{err: errors.New("the data can't be used: etcd fails to read them")}
	default:
		return launched{err: fmt.Errorf("the data can't be used: %v", r)}
	}
}

func etcdConfig(dir, listen string, temporary bool, log *zap.Logger) *etcd.Config {
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
	cfg.ZapLoggerBuilder = etcd.NewZapLoggerBuilder(log)
	return cfg
}

func (e *embedded) client() *clientv3.Client { return v3client.New(e.etcd.Server) }

func (e *embedded) close() {
	if e.etcd != nil {
		e.stop()
		e.etcd = nil
	}
	if e.lock != nil {
		_ = e.lock.Close() // of a file that is open no more it does nothing
	}
	if e.remove != "" {
		_ = os.RemoveAll(e.remove)
	}
}

// stop stops etcd. One that has failed may never stop: it is left alone after a while.
func (e *embedded) stop() {
	e.outside.end()
	stopped, server := make(chan struct{}), e.etcd
	go func() {
		defer close(stopped) // also if etcd ends this goroutine
		server.Close()
	}()
	select {
	case <-stopped:
	case <-e.failed:
		timer := time.NewTimer(failedTime)
		defer timer.Stop()
		select {
		case <-stopped:
		case <-timer.C:
		}
	}
}

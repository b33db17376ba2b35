package store

import (
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/etcdtest"
)

// An etcd that panics while it starts, because its data are broken, leaves these. That an
// etcd leaves nothing after Close is a test of its own.
var known = []goleak.Option{
	goleak.IgnoreTopFunction("go.etcd.io/etcd/server/v3/storage/wal.(*filePipeline).run"),
	goleak.IgnoreTopFunction("go.etcd.io/etcd/server/v3/storage/backend.(*backend).run"),
}

func TestMain(m *testing.M) {
	if dir := os.Getenv(fullDir); dir != "" {
		os.Exit(onFullDisk(dir))
	}
	goleak.VerifyTestMain(patient{m}, known...)
}

// patient waits for the connections between members of a cluster, which end by a timeout of
// etcd's some seconds after the members.
type patient struct{ *testing.M }

func (p patient) Run() int {
	etcdtest.Together()
	code := p.M.Run()
	for limit := time.Now().Add(10 * time.Second); time.Now().Before(limit) && goleak.Find(known...) != nil; {
		// Find itself waits a while.
	}
	return code
}

func TestStore_Close_LeavesNoGoroutine(t *testing.T) {
	before := goleak.IgnoreCurrent()
	s, o := open(t, config.Store{}, "a")
	o.untilReached(true)
	s.Write(Replica{})
	o.untilReplicas("a")
	s.Close()
	goleak.VerifyNone(t, before)
}

package store

import (
	"testing"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/etcdtest"
)

// An etcd that has lost its data, or has those of a backup, begins with older revisions. What it has is
// read anew, so overrides that are decided from then on are in force.
func TestStore_DataLost(t *testing.T) {
	t.Parallel()
	own, err := etcdtest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(own.Close)
	s, seen := open(t, config.Store{Etcd: []string{own.URL()}}, "a")
	s.Write(Replica{})
	there := direct(t, own)
	for range 100 {
		_ = must(there.Put(t.Context(), "x", "y"))(t)
	}
	write(t, s, drain("10.0.0.1:1"))
	seen.untilHas("10.0.0.1:1")
	seen.untilReplicas("a")

	own.Stop()
	if err := own.Forget(); err != nil {
		t.Fatal(err)
	}
	if err := own.Restart(); err != nil {
		t.Fatal(err)
	}
	for s.Put(t.Context(), drain("10.0.0.2:1")) != nil { // until it is connected again
	}
	seen.untilHas("10.0.0.2:1")
	seen.untilReplicas("a")
	seen.untilReached(true)
}

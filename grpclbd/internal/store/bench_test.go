package store

import (
	"fmt"
	"testing"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
)

// BenchmarkStore_PutAndHear measures how soon an override that is written at one replica is heard
// by another, with an etcd of three members.
func BenchmarkStore_PutAndHear(b *testing.B) {
	cfg := config.Store{Etcd: startCluster(b, 3).URLs()}
	here, _ := open(b, cfg, "a")
	_, there := open(b, cfg, "b")
	there.untilHas()
	n := 0
	for b.Loop() {
		n++
		o := drain("10.0.0.1:1")
		o.Kind, o.Value = override.Weight, n
		if err := here.Put(b.Context(), o); err != nil {
			b.Fatal(err)
		}
		there.until(fmt.Sprint("weight ", n), func() bool { return len(there.overrides) == 1 && there.overrides[0].Value == n })
	}
}

// BenchmarkStore_Open measures how soon a new etcd of this process is read, and closed.
func BenchmarkStore_Open(b *testing.B) {
	for b.Loop() {
		s, o := open(b, config.Store{Dir: b.TempDir()}, "a")
		o.untilReached(true)
		s.Close()
	}
}

package store

import (
	"context"
	"testing"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
)

// What one replica writes is at the others at once.
func TestStore_ReplicasShareOverrides(t *testing.T) {
	t.Parallel()
	cfg := config.Store{Etcd: startCluster(t, 3).URLs()}
	a, seenByA := open(t, cfg, "a")
	b, seenByB := open(t, cfg, "b")
	seenByA.untilHas()
	seenByB.untilHas()

	write(t, a, drain("10.0.0.1:50051"))
	seenByB.untilHas("10.0.0.1:50051")
	seenByA.untilHas("10.0.0.1:50051")

	for _, want := range []bool{true, false} {
		began := time.Now()
		found, err := b.Lift(t.Context(), "greeter:443", override.Drain, "10.0.0.1:50051")
		if err != nil || found != want && time.Since(began) < tryTime { // a second try can't know it
			t.Errorf("Lift: %v, %v; want %v", found, err, want)
		}
	}
	seenByA.untilHas()
	seenByB.untilHas()
}

func TestReplicas_SeeEachOther(t *testing.T) {
	t.Parallel()
	cfg := config.Store{Etcd: startCluster(t, 1).URLs()}
	a, seenByA := open(t, cfg, "a")
	b, seenByB := open(t, cfg, "b")
	total := []Total{{Service: "s:443", Clients: 3, Started: 10, Drops: map[string]int64{"shed": 2}}}
	a.Write(Replica{Started: time.Unix(1e9, 0), Services: total})
	b.Write(Replica{})
	seenByA.untilReplicas("a", "b")
	seenByB.untilReplicas("a", "b")
	got := seenByB.replicas[0]
	if len(got.Services) != 1 || got.Services[0].Started != 10 || got.Services[0].Drops["shed"] != 2 || got.Written.IsZero() {
		t.Errorf("b has of a: %+v", got)
	}
	a.Close() // ends the lease
	seenByB.untilReplicas("b")
}

// With one member of three gone, all goes on. Without a majority the store says so, keeps
// what it has, and refuses to write; when the majority is back it catches up.
func TestStore_LosesMembers(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 3)
	cfg := config.Store{Etcd: c.URLs()}
	a, seen := open(t, cfg, "a")
	a.Write(Replica{})
	write(t, a, drain("10.0.0.1:1"))
	seen.untilHas("10.0.0.1:1")
	seen.untilReached(true)

	c.Lose(0)
	write(t, a, drain("10.0.0.2:1"))
	seen.untilHas("10.0.0.1:1", "10.0.0.2:1")

	c.Lose(1)
	seen.untilReached(false)
	if seen.state.Why == "" {
		t.Error("the state does not say why")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := a.Put(ctx, drain("10.0.0.3:1")); err == nil {
		t.Error("written without a majority")
	}
	seen.untilHas("10.0.0.1:1", "10.0.0.2:1")

	if err := c.Return(0, 1); err != nil {
		t.Fatal(err)
	}
	seen.untilReached(true)
	write(t, a, drain("10.0.0.4:1"))
	seen.until("what was written after", func() bool {
		n := len(seen.overrides)
		return n >= 3 && seen.overrides[n-1].Address == "10.0.0.4:1"
	})
	seen.untilReplicas("a")
}

package store

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/chaos/proxy"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/etcdtest"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
)

// direct returns a client of a member that no proxy is in front of.
func direct(t *testing.T, s *etcdtest.Server) *clientv3.Client {
	t.Helper()
	c, err := s.Client()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// While the store is cut off, overrides are written and lifted, and etcd forgets how; it also
// forgets this replica. When it is back, all is as it should be, and nothing was lost meanwhile.
func TestStore_CutOff_CatchesUp(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 1)
	there := direct(t, c.Members[0])
	other, _ := open(t, config.Store{Etcd: []string{c.Members[0].URL()}}, "other")
	a, seen := open(t, config.Store{Etcd: c.URLs()}, "a")
	a.Write(Replica{})
	write(t, a, drain("10.0.0.1:1"))
	write(t, a, drain("10.0.0.2:1"))
	seen.untilHas("10.0.0.1:1", "10.0.0.2:1")
	seen.untilReplicas("a")
	seen.untilReached(true)

	c.Proxies[0].Set(proxy.Weather{Refuse: true})
	seen.untilReached(false)
	if seen.state.Why == "" || seen.state.Since.IsZero() {
		t.Errorf("state: %+v", seen.state)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := a.Put(ctx, drain("10.0.0.9:1")); err == nil || !strings.Contains(err.Error(), "etcd does not answer; the override may still be in force later") {
		t.Errorf("written while cut off: %v", err)
	}
	_ = must(other.Lift(t.Context(), "greeter:443", override.Drain, "10.0.0.1:1"))(t)
	write(t, other, drain("10.0.0.3:1"))
	for _, l := range must(there.Leases(t.Context()))(t).Leases {
		ttl := must(there.TimeToLive(t.Context(), l.ID, clientv3.WithAttachedKeys()))(t)
		if len(ttl.Keys) == 1 && string(ttl.Keys[0]) == replicaKey("a") {
			_ = must(there.Revoke(t.Context(), l.ID))(t)
		}
	}
	revision := must(there.Put(t.Context(), "x", "y"))(t).Header.Revision
	_ = must(there.Compact(t.Context(), revision, clientv3.WithCompactPhysical()))(t)
	seen.untilHas("10.0.0.1:1", "10.0.0.2:1")

	c.Proxies[0].Set(proxy.Weather{})
	seen.untilHas("10.0.0.2:1", "10.0.0.3:1")
	seen.untilReached(true)
	seen.untilReplicas("a")
}

// An etcd that takes everything and answers nothing is noticed.
func TestStore_SilentEtcd(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 1)
	_, seen := open(t, config.Store{Etcd: c.URLs()}, "a")
	seen.untilReached(true)
	begun := time.Now()
	c.Proxies[0].Set(proxy.Weather{Hole: true})
	seen.untilReached(false) // TCP itself would wait for a quarter of an hour
	t.Logf("noticed after %v: %s", time.Since(begun), seen.state.Why)
	c.Proxies[0].Set(proxy.Weather{})
	seen.untilReached(true)
}

// A cluster that is away at the start is waited for. Nothing is said about overrides before
// they were read.
func TestStore_AwayAtTheStart(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 1)
	c.Proxies[0].Set(proxy.Weather{Refuse: true})
	_, seen := open(t, config.Store{Etcd: c.URLs()}, "a")
	seen.until("it is away", func() bool { return !seen.state.Since.IsZero() && !seen.state.Reached })
	if seen.read {
		t.Error("overrides were told before they were read")
	}
	c.Proxies[0].Set(proxy.Weather{})
	seen.untilReached(true)
	seen.untilHas()
}

func TestStore_WrongValuesInEtcd(t *testing.T) {
	var log bytes.Buffer
	seen := &owner{t: t, inbox: actor.NewInbox[heard]()}
	s, err := Open(t.Context(), config.Store{Dir: t.TempDir()}, "a", seen, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	good := drain("10.0.0.1:1")
	long := good
	long.Why = strings.Repeat("x", overrideLimit)
	values := map[string]string{
		overridesPrefix:                                 "{}",
		overridesPrefix + "a":                           "",
		overridesPrefix + "a/drain/b":                   `{"service":"a","kind":"drain","address":"b"}`,
		overridesPrefix + "a/boil/b":                    `{"service":"a","kind":"boil"}`,
		overridesPrefix + "a/c/d/e/f":                   `{"service":"a","kind":"fallback"}`,
		overridesPrefix + "%zz":                         "\xff\x00",
		overrideKey("a", override.Weight, "10.0.0.1:1"): `{"service":"a","kind":"weight","address":"10.0.0.1:1","value":-5}`,
		overrideKey("a", override.Drop, "x"):            `{"service":"a","kind":"drop","token":"x","value":1e99}`,
		replicasPrefix:                                  "null",
		replicasPrefix + "b":                            `{"name":"c"}`,
		replicasPrefix + "c":                            `[]`,
		root + "unknown":                                "ignored without a word",
	}
	huge := overridesPrefix + "a/drain/" + strings.Repeat("k", 100_000)
	_ = must(s.Client().Put(t.Context(), huge, `{"service":"`+strings.Repeat("s", 10_000)+`","kind":"fallback"}`))(t)
	for key, value := range values {
		_ = must(s.Client().Put(t.Context(), key, value))(t)
	}
	write(t, s, good)
	seen.untilHas("10.0.0.1:1")
	if err := s.Put(t.Context(), long); err == nil || !strings.Contains(err.Error(), "shorten") {
		t.Errorf("a long reason: %v", err)
	}
	s.Close()
	for key := range values {
		if n := strings.Count(log.String(), "key="+key+" "); n != 1 && key != root+"unknown" {
			t.Errorf("%d lines about %s", n, key)
		}
	}
	if n := strings.Count(log.String(), "\n"); n != len(values) {
		t.Errorf("%d lines:\n%s", n, log.String())
	}
	if log.Len() > 10_000 {
		t.Errorf("the log has %d bytes", log.Len())
	}
}

// An override with an end is deleted by etcd, at the same time for all, and is not taken
// if it has ended.
func TestOverride_Until(t *testing.T) {
	t.Parallel()
	s, seen := open(t, config.Store{}, "a")
	o := drain("10.0.0.1:1")
	o.Until = time.Now().Add(time.Hour)
	write(t, s, o)
	got := must(s.Client().Get(t.Context(), keyOf(o)))(t).Kvs
	ttl := must(s.Client().TimeToLive(t.Context(), clientv3.LeaseID(got[0].Lease)))(t)
	if ttl.GrantedTTL < 3599 || ttl.GrantedTTL > 3600 {
		t.Errorf("the lease is for %d s", ttl.GrantedTTL)
	}
	o.Until = time.Now().Add(time.Second) // replaces it
	write(t, s, o)
	seen.untilHas("10.0.0.1:1")
	seen.untilHas()
	if time.Now().Before(o.Until) {
		t.Error("it ended before its time")
	}
	o.Until = time.Now().Add(-time.Second)
	if err := s.Put(t.Context(), o); err == nil || !strings.Contains(err.Error(), "ended at") {
		t.Errorf("an override that has ended: %v", err)
	}
}

// The address is the same however it is written.
func TestOverride_AddressInAnyForm(t *testing.T) {
	s, seen := open(t, config.Store{}, "a")
	write(t, s, drain("[::ffff:10.0.0.1]:50051"))
	seen.untilHas("10.0.0.1:50051")
	if found, err := s.Lift(t.Context(), "greeter:443", override.Drain, "[0:0:0:0:0:ffff:a00:1]:50051"); err != nil || !found {
		t.Errorf("Lift: %v, %v", found, err)
	}
	seen.untilHas()
	if err := s.Put(t.Context(), drain("nonsense")); err == nil || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("a wrong address: %v", err)
	}
}

func TestStore_WrongConfiguration(t *testing.T) {
	for want, cfg := range map[string]config.Store{
		"all have to be http":             {Etcd: []string{"http://a:1", "https://b:2"}},
		"begin with https://":             {Etcd: []string{"http://a:1"}, TLS: &config.StoreTLS{}},
		"store.tls.ca":                    {Etcd: []string{"https://a:1"}, TLS: &config.StoreTLS{CA: "/nowhere"}},
		"store.tls.cert and tls.key need": {Etcd: []string{"https://a:1"}, TLS: &config.StoreTLS{Cert: "x"}},
	} {
		_, err := Open(t.Context(), cfg, "a", &owner{}, slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", cfg, err, want)
		}
	}
}

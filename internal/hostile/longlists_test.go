package hostile

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// A hundred thousand entries, of four kinds: how many bytes each takes while
// the list is in use. When a short one is, none are left.
func TestSecure_Hostile_LongList(t *testing.T) {
	const entries = 100_000
	for name, long := range map[string]struct {
		entry func(*victim, int) *lbpb.Server
		bytes int
		drops bool // most calls are dropped, as it says
		lines int
	}{
		"one token":   {func(v *victim, _ int) *lbpb.Server { return v.entry("t") }, 256, false, 0},
		"many tokens": {func(v *victim, i int) *lbpb.Server { return v.entry(fmt.Sprint(i)) }, 720, false, 0},
		"nothing":     {func(*victim, int) *lbpb.Server { return &lbpb.Server{} }, 1, false, 1},
		"drops":       {func(_ *victim, i int) *lbpb.Server { return lbtest.Drop(fmt.Sprint(i)) }, 160, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			attack(t, bounds{heap: mib, pickers: 2, lines: long.lines}, func(v *victim) {
				c := v.trusting()
				c.List(listOf(entries, func(i int) *lbpb.Server { return long.entry(v, i) }, v.good()...)...)
				synctest.Wait()
				if !long.drops {
					v.served(listed)
				}
				v.atMost("bytes in use", heap()-v.before.heap, mib+entries*long.bytes)
				c.List(v.entry("short"))
				synctest.Wait()
				v.served(listed)
			})
		})
	}
}

// A call in flight keeps of its list what it needs, and not all of it: twenty
// lists of ten thousand entries, each of which has one call left.
func TestSecure_Hostile_ListsHeldByCalls(t *testing.T) {
	const lists, entries = 20, 10_000
	attack(t, bounds{heap: lists * 24 * kib, pickers: lists + 1}, func(v *victim) {
		c := v.trusting()
		for i := range lists {
			c.List(listOf(entries, func(int) *lbpb.Server { return v.entry(fmt.Sprint(i)) })...)
			synctest.Wait()
			talk, err := v.ch.Converse(v.Context())
			if err != nil {
				t.Fatal(err)
			}
			v.Cleanup(func() { talk.End() })
		}
		c.List(v.good()...)
		v.servedFor(10*time.Second, listed)
	})
}

// A thousand backends that are not there, and one that is. They are dialled at
// the pace of gRPC's backoff.
func TestSecure_Hostile_Strangers(t *testing.T) {
	const strangers = 1000
	attack(t, bounds{heap: strangers * 8 * kib, pickers: 2, subConns: strangers}, func(v *victim) {
		c := v.trusting()
		c.List(listOf(strangers, func(i int) *lbpb.Server {
			return lbtest.Server(fmt.Sprintf("10.99.%d.%d:80", i>>8, i&255), "t")
		}, v.good()...)...)
		v.servedFor(10*time.Second, listed)
		v.atMost("dials of each", len(v.network.Dials("10.99.0.0:80")), 6)
	})
}

// listOf returns n entries, and some besides.
func listOf(n int, entry func(int) *lbpb.Server, besides ...*lbpb.Server) []*lbpb.Server {
	all := make([]*lbpb.Server, n, n+len(besides))
	for i := range all {
		all[i] = entry(i)
	}
	return append(all, besides...)
}

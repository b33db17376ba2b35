package bench

import (
	"slices"
	"testing"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/protobuf/proto"
)

// Each contender comes through each kind of handover with its picks where they
// belong, and has made what is new and nothing else.
func TestContenders_HandOver(t *testing.T) {
	const size = 12
	w := newWorld(t)
	want := map[string]int64{"one": 1, "tokens": 0, "addresses": size}
	for _, c := range []contender{ours(), peer(), nothing()} {
		r := w.start(c, size, servers(size, false), 100)
		r.bringUp()
		for turn := range 2 {
			for _, change := range changes {
				made := r.parent.used.Load()
				if took := r.handover(change, turn, newMeter()); took <= 0 {
					t.Errorf("%s, %s: took %v", c.name, change.name, took)
				}
				if got := r.parent.used.Load() - made; got != want[change.name] {
					t.Errorf("%s, %s: %d SubConns, want %d", c.name, change.name, got, want[change.name])
				}
			}
		}
		r.close()
	}
}

// The harness takes the i-th SubConn for that of the list's i-th backend.
func TestContenders_MakeSubConnsInOrder(t *testing.T) {
	const size = 12
	for _, c := range []contender{ours(), peer()} {
		r := newWorld(t).start(c, size, servers(size, true), size)
		r.bringUp()
		for i, sc := range r.conns {
			if want := addr(0, i); sc.addr != want {
				t.Errorf("%s: SubConn %d is for %s, want %s", c.name, i, sc.addr, want)
			}
		}
		r.close()
	}
}

// After a change of tokens, picks have the new ones.
func TestOurs_HandoverOfTokensIsOne(t *testing.T) {
	const size = 12
	r := newWorld(t).start(ours(), size, servers(size, false), size)
	defer r.close()
	r.bringUp()
	r.handover(changes[1], 0, newMeter())
	var want, got []string
	for _, s := range r.list {
		want = append(want, s.LoadBalanceToken)
	}
	for range size {
		result, err := r.parent.latest().Picker.Pick(callInfo)
		if err != nil {
			t.Fatal(err)
		}
		result.Done(callDone)
		got = append(got, result.Metadata.Get("lb-token")...)
	}
	slices.Sort(got)
	if slices.Sort(want); !slices.Equal(got, want) {
		t.Errorf("tokens = %v, want %v", got, want)
	}
}

// What a change says of a list is what it does to it.
func TestChanges(t *testing.T) {
	const size = 10
	want := map[string]struct{ entries, addresses int }{
		"one": {1, 1}, "tokens": {size, 0}, "addresses": {size, size},
	}
	for _, c := range changes {
		list := servers(size, false)
		for turn := range 3 * size {
			next, moved := c.next(list, turn)
			entries, addresses := differences(list, next)
			if w := want[c.name]; entries != w.entries || addresses != w.addresses || len(moved) != w.addresses {
				t.Fatalf("%s, turn %d: %d entries and %d addresses differ, %d are said to have moved, want %d and %d",
					c.name, turn, entries, addresses, len(moved), w.entries, w.addresses)
			}
			list = next
		}
	}
}

func differences(a, b []*lbpb.Server) (entries, addresses int) {
	for i := range a {
		if !proto.Equal(a[i], b[i]) {
			entries++
		}
		if placeOf(a[i]) != placeOf(b[i]) {
			addresses++
		}
	}
	return entries, addresses
}

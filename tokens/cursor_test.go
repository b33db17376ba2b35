package tokens

import (
	"fmt"
	"slices"
	"testing"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
)

// numbered returns a list of n backends with a token each, and a drop after every tenth.
func numbered(n int, token string) (all []*lbpb.Server) {
	for i := range n {
		all = append(all, backend(byte(i), 8000+int32(i>>8), fmt.Sprint(token, i)))
		if i%10 == 9 {
			all = append(all, drop("rate"))
		}
	}
	return all
}

// Entries that two lists in a row have in common are in memory once.
func TestParse_TakesOverWhatIsTheSame(t *testing.T) {
	const size = 33
	base := numbered(30, "t")
	added := backend(200, 80, "new")
	for _, c := range []struct {
		name string
		next []*lbpb.Server
		made int // entries that are not those of the list before
	}{
		{"nothing changed", base, 0},
		{"one replaced", slices.Concat(base[:12], []*lbpb.Server{added}, base[13:]), 1},
		{"five replaced", slices.Concat(base[:12], numbered(5, "x"), base[17:]), 5},
		{"the first is gone", base[1:], 0},
		{"one is gone", slices.Delete(slices.Clone(base), 12, 13), 0},
		{"one was added", slices.Insert(slices.Clone(base), 12, added), 1},
		{"one was added in front", slices.Insert(slices.Clone(base), 0, added), 1},
		{"one was added, and one is gone", slices.Delete(slices.Insert(slices.Clone(base), 5, added), 20, 21), 1},
		{"another drop", slices.Concat(base[:10], []*lbpb.Server{drop("other")}, base[11:]), 1},
		{"all tokens changed", numbered(30, "u"), 30},
	} {
		last := parse(base...)
		list := Parse(&lbpb.ServerList{Servers: c.next}, last)
		if len(last.Entries) != size || !list.Equal(parse(c.next...)) {
			t.Errorf("%s: %d entries, and not what was sent", c.name, len(list.Entries))
		}
		made := 0
		for _, e := range list.Entries {
			if !slices.Contains(last.Entries, e) {
				made++
			}
		}
		if made != c.made {
			t.Errorf("%s: %d entries made, want %d", c.name, made, c.made)
		}
	}
}

// An entry with another token shares the address, and one with another address the token.
func TestParse_TakesOverHalves(t *testing.T) {
	last := parse(backend(1, 80, "a"), backend(2, 80, "b"))
	list := Parse(&lbpb.ServerList{Servers: []*lbpb.Server{backend(1, 80, "x"), backend(3, 80, "b")}}, last)
	checkEntries(t, list, wantEntry{addr: "10.0.0.1:80", token: "x"}, wantEntry{addr: "10.0.0.3:80", token: "b"})
	checkEntries(t, last, wantEntry{addr: "10.0.0.1:80", token: "a"}, wantEntry{addr: "10.0.0.2:80", token: "b"})
	last.Entries[1].Metadata()["seen"] = nil
	if _, shared := list.Entries[1].Metadata()["seen"]; !shared {
		t.Error("the metadata of a token that stayed was made anew")
	}
}

// To parse a list of ten thousand servers that differs from the one before in one of them
// allocates the slice, the list, and that server.
func TestParse_AllocationsOfAChange(t *testing.T) {
	const n = 10_000
	base := numbered(n, "t")
	last := parse(base...)
	next := &lbpb.ServerList{Servers: slices.Clone(base)}
	next.Servers[n/2] = backend(200, 80, "new")
	if got := testing.AllocsPerRun(5, func() { Parse(next, last) }); got > 12 {
		t.Errorf("%v allocations, want 12 at most", got)
	}
}

package tokens

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// BackendsNotIn does what its definition says, with duplicates, drops and other orders.
func TestList_BackendsNotIn(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		a, b := randomBackends(random), randomBackends(random)
		if got, want := a.BackendsNotIn(b), notIn(a, b); !slices.Equal(got, want) {
			t.Fatalf("%v without %v: got %v, want %v", a.Entries, b.Entries, got, want)
		}
	}
	l := parse(backend(1, 80, "t"))
	if got := l.BackendsNotIn(nil); len(got) != 1 {
		t.Errorf("beside no list: got %v, want all", got)
	}
	if got := (*List)(nil).BackendsNotIn(l); got != nil {
		t.Errorf("of no list: got %v, want none", got)
	}
}

func randomBackends(random *rand.Rand) *List {
	l := parse()
	for range random.IntN(8) {
		next := parse(backend(byte(random.IntN(6)), 80, fmt.Sprint(random.IntN(2))))
		if random.IntN(4) == 0 {
			next = parse(drop("d"))
		}
		l.Entries = append(l.Entries, next.Entries...)
	}
	return l
}

// notIn is BackendsNotIn, written like its definition.
func notIn(l, o *List) (addrs []string) {
	for _, e := range l.Entries {
		has := slices.ContainsFunc(o.Entries, func(x *Entry) bool { return !x.Drop && x.Addr == e.Addr })
		if !e.Drop && !has && !slices.Contains(addrs, e.Addr) {
			addrs = append(addrs, e.Addr)
		}
	}
	return addrs
}

// One backend of ten thousand is replaced.
func BenchmarkBackendsNotIn(b *testing.B) {
	var lists [2]*List
	for i := range lists {
		lists[i] = parse()
		for n := range 10000 {
			s := backend(byte(n), int32(1+n), "t")
			if n == 5000 {
				s = backend(byte(n), int32(20000+i), "t")
			}
			lists[i].Entries = append(lists[i].Entries, parse(s).Entries...)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		lists[0].BackendsNotIn(lists[1])
		lists[1].BackendsNotIn(lists[0])
	}
}

package assign

import (
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/actorlb/grpclb/lbserver"
)

// What a balancer does for 1,000 classes of 20 out of 10,000 servers: all join, a
// server goes and comes back, and each class gets its list, with its zone first, new
// servers warming up, and a canary.
func BenchmarkClasses(b *testing.B) {
	for b.Loop() {
		if lists := classes(b, 1000, 10_000, 20); len(lists) != 1000 {
			b.Fatal("a class has no list")
		}
	}
}

// Lists of all the servers, for a zone: what there is without subsets.
func BenchmarkSpill(b *testing.B) {
	fleet := backends(names("b", 10_000))
	for b.Loop() {
		if _, err := Spill(fleet, "z1", 70); err != nil {
			b.Fatal(err)
		}
	}
}

func classes(tb testing.TB, clients, servers, size int) [][]lbserver.Server {
	all := backends(names("b", servers))
	s := NewZoneSubsets(size, 1)
	s.SetBackends(all)
	for i, name := range names("c", clients) {
		s.Join(name, fmt.Sprint("z", i%3))
	}
	s.SetBackends(all[1:])
	s.SetBackends(all)
	var lists [][]lbserver.Server
	for i, name := range names("c", clients) {
		lists = append(lists, list(tb, s.Of(name), fmt.Sprint("z", i%3)))
	}
	return lists
}

func list(tb testing.TB, subset []Backend, zone string) []lbserver.Server {
	warm, err := Ramp{Window: time.Minute}.Warm(subset, now)
	if err != nil {
		tb.Fatal(err)
	}
	local, err := Spill(warm, zone, 70)
	if err != nil {
		tb.Fatal(err)
	}
	mixed, err := Mix(Part{local, 95}, Part{named("canary", 1), 5})
	if err != nil {
		tb.Fatal(err)
	}
	return mixed
}

func backends(names []string) []Backend {
	var of []Backend
	for i, name := range names {
		of = append(of, Backend{
			Server: lbserver.Server{Address: name, Token: name}, Zone: fmt.Sprint("z", i%3),
			Unhealthy: i%3 == 0 && i%2 == 0, Since: now.Add(-time.Duration(i%120) * time.Second),
		})
	}
	return of
}

// What BenchmarkClasses does, for fewer.
func TestAssign_Classes(t *testing.T) {
	for i, servers := range classes(t, 200, 2000, 20) {
		if parts(servers)["canary0"].Cmp(big.NewRat(5, 100)) != 0 {
			t.Fatalf("in class %d the canary has %s of the calls", i, parts(servers)["canary0"])
		}
	}
}

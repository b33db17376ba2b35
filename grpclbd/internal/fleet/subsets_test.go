package fleet

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/lbserver"
)

// perBackend is how many classes have each backend.
func (b *bench) perBackend() map[string]int {
	counts := map[string]int{}
	for class, a := range b.answers {
		for _, s := range a.Servers {
			if class != "" && !s.Drop {
				counts[s.Address]++
			}
		}
	}
	return counts
}

func (b *bench) join(n int) (all []lbserver.Client) {
	for i := range n {
		all = append(all, b.joins(fmt.Sprintf("10.5.%d.%d:1", i/250, i%250)))
	}
	return all
}

func TestSubset(t *testing.T) {
	b := serving(t, config.Service{Subset: 3}, many(10)...)
	b.join(20)
	checkLevel := func(backends int) {
		t.Helper()
		for class, a := range b.answers {
			if class != "" && len(a.Servers) != 3 {
				t.Errorf("%s gets %d backends", class, len(a.Servers))
			}
		}
		counts := b.perBackend()
		if len(counts) != backends {
			t.Errorf("%d backends have clients, want %d", len(counts), backends)
		}
		for address, n := range counts {
			if n < 60/backends || n > 60/backends+1 {
				t.Errorf("%s has %d clients", address, n)
			}
		}
	}
	checkLevel(10)
	before := snapshot(b)
	b.overrides(drain("a")) // six clients have it
	checkLevel(9)
	if n := changed(before, snapshot(b)); n > 12 {
		t.Errorf("the loss of one backend moves %d clients", n)
	}
}

func snapshot(b *bench) map[string][]lbserver.Server {
	lists := map[string][]lbserver.Server{}
	for class, a := range b.answers {
		if class != "" {
			lists[class] = a.Servers
		}
	}
	return lists
}

func changed(before, after map[string][]lbserver.Server) (n int) {
	for class, list := range before {
		if !slices.Equal(list, after[class]) {
			n++
		}
	}
	return n
}

func TestSubset_OfAClient(t *testing.T) {
	b := serving(t, config.Service{Subset: 1}, many(4)...)
	first, same := b.joins("10.5.0.1:1"), b.joins("10.5.0.1:2")
	named, other := b.joins("10.5.0.1:3", clientHeader, "job-7"), b.joins("10.5.0.2:1")
	if first.Class != "/10.5.0.1" || same.Class != first.Class || named.Class != "/job-7" || other.Class == first.Class {
		t.Errorf("classes %q %q %q %q", first.Class, same.Class, named.Class, other.Class)
	}
	long := b.joins("10.5.0.1:3", clientHeader, strings.Repeat("x", 1<<16))
	if len(long.Class) > 140 {
		t.Errorf("the class has a name of %d bytes", len(long.Class))
	}
	list := b.list(first.Class)
	b.leaves(first)
	b.leaves(same)
	b.passes(lingering - time.Second)
	if again := b.joins("10.5.0.1:9"); b.list(again.Class) != list {
		t.Errorf("it comes back and gets %s after %s", b.list(again.Class), list)
	}
}

func TestSubset_TooManyClients(t *testing.T) {
	b := serving(t, config.Service{Subset: 1}, many(4)...)
	for i := range maxClasses + 1000 {
		c := lbserver.Client{ID: uint64(i + 1), Metadata: map[string][]string{clientHeader: {fmt.Sprint(i)}}}
		b.classes.join("", b.classes.clientOf(c), b.now)
	}
	if n := len(b.classes.byName); n > maxClasses+shared+1 {
		t.Errorf("%d classes", n)
	}
}

func TestSubset_LevelsAfterClientsHaveLeft(t *testing.T) {
	b := serving(t, config.Service{Subset: 2}, many(6)...)
	clients := b.join(30)
	for i, c := range clients {
		if list := b.answers[c.Class].Servers; i >= 6 && (list[0].Address == "a" || list[1].Address == "a") {
			b.leaves(c)
		}
	}
	b.passes(lingering + levelEvery + time.Second)
	counts := b.perBackend()
	least, most := 100, 0
	for _, n := range counts {
		least, most = min(least, n), max(most, n)
	}
	if most-least > 1 {
		t.Errorf("clients of each backend: %v", counts)
	}
}

func TestSubset_InZones(t *testing.T) {
	cfg := threeZones
	cfg.Subset = 2
	all := append(many(8, "zone=z1"), be("x", "zone=z2"), be("y", "zone=z2"), be("z", "zone=z2"))
	b := serving(t, cfg, all...)
	c := b.joins("10.1.1.1:5")
	if list := b.answers[c.Class].Servers; len(list) != 2 || list[0].Address >= "x" {
		t.Errorf("z1 has %v", list)
	}
	none := b.joins("10.2.1.1:5")
	if list := b.answers[none.Class].Servers; len(list) != 2 {
		t.Errorf("a client of no zone has %v", list)
	}
	b.overrides(drain("a"), drain("b"), drain("c"), drain("d")) // half of z1
	list := b.answers[c.Class].Servers
	if len(list) != 4 || list[0].Weight != 5 || list[1].Weight != 5 || list[2].Weight != 2 || list[3].Weight != 2 {
		t.Errorf("z1 has %v", list)
	}
}

func TestSubset_SwitchedOnAndOff(t *testing.T) {
	b := serving(t, config.Service{}, many(5)...)
	early := b.joins("10.5.0.1:1")
	b.configures(config.Service{Subset: 2})
	b.classWants(early.Class, "a:1 b:1 c:1 d:1 e:1") // until its next stream
	late := b.joins("10.5.0.1:1")
	if n := len(b.answers[late.Class].Servers); n != 2 {
		t.Errorf("%d backends", n)
	}
	list := b.list(late.Class)
	b.configures(config.Service{Subset: 2, SlowStart: time.Second})
	if b.list(late.Class) != list {
		t.Errorf("another change gives it %s after %s", b.list(late.Class), list)
	}
	b.configures(config.Service{Subset: 3})
	if n := len(b.answers[late.Class].Servers); n != 3 {
		t.Errorf("%d backends", n)
	}
	// A client that comes before the new size is published gets no other list first.
	cfg := b.cfg
	cfg.Subset = 4
	b.configure(cfg)
	if c := b.joins("10.5.0.7:1"); len(b.answers[c.Class].Servers) != 4 {
		t.Errorf("it gets %s", b.list(c.Class))
	}
	b.configures(config.Service{})
	b.classWants(late.Class, "a:1 b:1 c:1 d:1 e:1")
}

func TestSubset_WithCanaries(t *testing.T) {
	cfg := config.Service{Subset: 4, Canary: &config.Canary{Label: "v=2", Percent: 20}}
	b := serving(t, cfg, append(many(8), be("x", "v=2"), be("y", "v=2"))...)
	c := b.joins("10.5.0.1:1")
	list := b.answers[c.Class].Servers
	if len(list) != 5 || list[4].Address < "x" || list[4].Weight*4 != list[0].Weight+list[1].Weight+list[2].Weight+list[3].Weight {
		t.Errorf("the client has %v", list)
	}
	cfg.Canary = &config.Canary{Label: "v=2", Percent: 50}
	b.configures(cfg)
	now := b.answers[c.Class].Servers
	if len(now) != 6 || now[3].Address != list[3].Address || now[0].Address != list[0].Address {
		t.Errorf("the client has %v after %v", now, list)
	}
}

// With a great spread a client's subset does not depend on who joined before: after a restart
// clients have the same backends, whatever the order in which they come back.
func TestSubset_Spread(t *testing.T) {
	lists := func(spread int, clients ...string) map[string]string {
		b := serving(t, config.Service{Subset: 3, Spread: spread}, many(12)...)
		all := map[string]string{}
		for _, c := range clients {
			class := b.joins(c).Class
			all[c] = b.list(class)
		}
		return all
	}
	var there, back []string
	for i := range 20 {
		there = append(there, fmt.Sprintf("10.5.0.%d:1", i))
		back = append([]string{there[i]}, back...)
	}
	if diff := cmp.Diff(lists(1000, there...), lists(1000, back...)); diff != "" {
		t.Error(diff)
	}
	if cmp.Equal(lists(1, there...), lists(1, back...)) {
		t.Error("the spread makes no difference")
	}
}

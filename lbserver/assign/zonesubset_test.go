package assign

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/actorlb/grpclb/lbserver"
)

// inZones returns n backends, which are in zones z0, z1 … in turn.
func inZones(n, zones int) (backends []Backend) {
	for i, name := range names("b", n) {
		backends = append(backends, Backend{Server: lbserver.Server{Address: name}, Zone: fmt.Sprint("z", i%zones)})
	}
	return backends
}

// A client has as many backends of its zone as of all others, and each backend has equally
// many clients of each zone.
func TestAssign_ZoneSubsets(t *testing.T) {
	s := NewZoneSubsets(4, 1)
	s.SetBackends(inZones(24, 3))
	near, far := map[string]map[string]int{}, map[string]map[string]int{} // by zone, by backend
	for i, name := range names("c", 60) {
		zone := fmt.Sprint("z", i%3)
		if near[zone] == nil {
			near[zone], far[zone] = map[string]int{}, map[string]int{}
		}
		has := s.Join(name, zone)
		for k, b := range has {
			if own := b.Zone == zone; own != (k < 4) || len(has) != 8 {
				t.Fatalf("a client of %s has %v", zone, has)
			}
			if b.Zone == zone {
				near[zone][b.Address]++
			} else {
				far[zone][b.Address]++
			}
		}
	}
	for zone := range near {
		for b, n := range near[zone] {
			if n != 10 || len(near[zone]) != 8 {
				t.Errorf("%s has %d clients of its zone, want 20·4/8", b, n)
			}
		}
		for b, n := range far[zone] {
			if n != 5 || len(far[zone]) != 16 {
				t.Errorf("%s has %d clients of %s, want 20·4/16", b, n, zone)
			}
		}
	}
}

// Without zones, and for a client of a zone without backends, it is what Subsets makes of all.
func TestAssign_ZoneSubsets_WithoutZones(t *testing.T) {
	plain, s := joined(3, 1, 10, 20), NewZoneSubsets(3, 1)
	s.SetBackends(inZones(10, 1))
	for _, name := range names("c", 20) {
		if got := addresses(s.Join(name, "nowhere")); !slices.Equal(got, plain.Of(name)) {
			t.Errorf("%s has %v, want %v", name, got, plain.Of(name))
		}
	}
}

// Clients come from anywhere and go, and backends change: each client has as many as it should
// of those given last, only the clients that are named have other addresses, and no zone
// without clients is remembered.
func TestAssign_ZoneSubsets_Laws(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 6))
		h := &zoneHistory{t: t, s: NewZoneSubsets(3, 1), zones: map[string]string{}}
		h.s.SetBackends(inZones(10, 3))
		for step := range 100 {
			before := h.addresses()
			name := fmt.Sprint("c", r.IntN(40))
			changed := []string{name}
			switch r.IntN(5) {
			case 0, 1:
				h.zones[name] = fmt.Sprint("z", r.IntN(4)) // there are no backends in z3
				h.s.Join(name, h.zones[name])
			case 2:
				h.s.Leave(name)
				delete(h.zones, name)
			case 3:
				changed = h.s.Level()
			default:
				changed = h.s.SetBackends(h.shuffled(r, step))
			}
			h.look(before, changed)
		}
	}
}

type zoneHistory struct {
	t     *testing.T
	s     *ZoneSubsets
	zones map[string]string // of clients
}

// shuffled returns some backends in any order, with weights that they did not have.
func (h *zoneHistory) shuffled(r *rand.Rand, weight int) []Backend {
	all := inZones(30, 3)
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for i := range all {
		all[i].Weight = weight
	}
	return all[:r.IntN(30)]
}

func (h *zoneHistory) addresses() map[string][]string {
	all := map[string][]string{}
	for name := range h.zones {
		all[name] = addresses(h.s.Of(name))
	}
	return all
}

func (h *zoneHistory) look(before map[string][]string, changed []string) {
	h.t.Helper()
	zones := map[string]bool{}
	for name, zone := range h.zones {
		zones[zone] = true
		near, far := 0, 0
		for _, b := range h.s.backends {
			if b.Zone == zone {
				near++
			} else {
				far++
			}
		}
		has := h.s.Of(name)
		if len(has) != min(near, 3)+min(far, 3) {
			h.t.Fatalf("%s of %s has %v, and there are %d near and %d far", name, zone, has, near, far)
		}
		for _, b := range has {
			if !slices.Contains(h.s.backends, b) {
				h.t.Fatalf("%s has %v, which was not given last", name, b)
			}
		}
		if !slices.Contains(changed, name) && !slices.Equal(addresses(has), before[name]) {
			h.t.Fatalf("%s had %v, has %v, and is not named", name, before[name], addresses(has))
		}
	}
	if len(h.s.zones) != len(zones) || len(h.s.clients) != len(h.zones) {
		h.t.Fatalf("%d zones and %d clients are remembered, want %d and %d", len(h.s.zones), len(h.s.clients), len(zones), len(h.zones))
	}
}

// A client that comes back from another zone is one client, there.
func TestAssign_ZoneSubsets_OtherZone(t *testing.T) {
	var s ZoneSubsets
	s.SetBackends(inZones(4, 2))
	s.Join("c", "z0")
	if got := s.Join("c", "z1"); len(got) != 2 || got[0].Zone != "z1" || len(s.zones) != 1 {
		t.Errorf("it has %v, and %d zones are remembered", got, len(s.zones))
	}
	if s.Leave("c"); s.Of("c") != nil {
		t.Error("it has left and has backends")
	}
}

// Entries of one address with different tokens go together.
func TestAssign_ZoneSubsets_OneAddressTwice(t *testing.T) {
	s := NewZoneSubsets(1, 1)
	s.SetBackends([]Backend{
		{Server: lbserver.Server{Address: "b", Token: "one"}},
		{Server: lbserver.Server{Address: "b", Token: "two"}, Zone: "z"},
	})
	if got := s.Join("c", ""); len(got) != 2 || got[0].Token != "one" || got[1].Token != "two" {
		t.Errorf("it has %v", got)
	}
}

func addresses(backends []Backend) (all []string) {
	for _, b := range backends {
		all = append(all, b.Address)
	}
	return all
}

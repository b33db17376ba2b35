package assign

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"
)

// names returns n names that begin alike.
func names(prefix string, n int) []string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("%s%04d", prefix, i))
	}
	return all
}

// joined returns subsets of so many backends and clients.
func joined(size, spread, backends, clients int) *Subsets {
	s := NewSubsets(size, spread)
	s.SetBackends(names("b", backends))
	for _, name := range names("c", clients) {
		s.Join(name)
	}
	return s
}

// differ is by how many clients backends differ.
func differ(s *Subsets) int {
	fewest, most := math.MaxInt, 0
	for _, n := range s.Clients() {
		fewest, most = min(fewest, n), max(most, n)
	}
	return max(0, most-fewest)
}

// What the documentation says of 10 backends and 6 clients.
func TestAssign_Subsets_LossOfABackend(t *testing.T) {
	s := joined(5, 1, 10, 6)
	for name, n := range s.Clients() {
		if n != 3 {
			t.Errorf("%s has %d clients, want 3", name, n)
		}
	}
	if changed := s.SetBackends(names("b", 9)); len(changed) < 3 || len(changed) > 6 {
		t.Errorf("%d clients have another subset, want 3 to 6: %v", len(changed), changed)
	}
	counts := map[int]int{}
	for _, n := range s.Clients() {
		counts[n]++
	}
	if counts[4] != 3 || counts[3] != 6 {
		t.Errorf("numbers of clients, and of backends that have so many: %v", counts)
	}
}

func TestAssign_Subsets_LossOfAClientMovesNobody(t *testing.T) {
	s := joined(4, 1, 12, 30)
	before := snapshot(s, names("c", 30))
	for _, gone := range names("c", 10) {
		s.Leave(gone)
		s.Leave(gone) // again: nothing happens
		delete(before, gone)
	}
	for name, had := range before {
		if !slices.Equal(s.Of(name), had) {
			t.Errorf("%s had %v, has %v", name, had, s.Of(name))
		}
	}
	if s.Of("c0000") != nil {
		t.Error("a client that has left still has a subset")
	}
	// Clients that come fill up what was left.
	for _, name := range names("d", 10) {
		s.Join(name)
	}
	if differ(s) > 1 {
		t.Errorf("after as many have come as had left, backends differ by %d", differ(s))
	}
}

func TestAssign_Subsets_Level(t *testing.T) {
	s := joined(1, 1, 4, 40)
	for _, name := range names("c", 40) {
		if s.Of(name)[0] == "b0000" {
			s.Leave(name)
		}
	}
	if differ(s) != 10 {
		t.Fatalf("backends differ by %d, want 10", differ(s))
	}
	// Nobody is moved for it, not even when backends come and go.
	if changed := s.SetBackends(names("b", 4)); changed != nil {
		t.Errorf("the same backends again moved %v", changed)
	}
	if changed := s.Level(); len(changed) != 7 || differ(s) > 1 {
		t.Errorf("levelled by moving %v, and backends differ by %d", changed, differ(s))
	}
	if changed := s.Level(); changed != nil {
		t.Errorf("levelled again by moving %v", changed)
	}
}

// A new backend gets its clients, and nobody else's subset changes.
func TestAssign_Subsets_NewBackend(t *testing.T) {
	s := joined(5, 1, 10, 100) // 50 clients a backend
	changed := s.SetBackends(names("b", 11))
	if got := s.Clients()["b0010"]; got != 45 || len(changed) != 45 || differ(s) > 1 {
		t.Errorf("it has %d clients, %d moved, want 45 of 500/11; backends differ by %d", got, len(changed), differ(s))
	}
	for _, name := range changed {
		if !slices.Contains(s.Of(name), "b0010") {
			t.Errorf("%s was moved, and not to the new backend: %v", name, s.Of(name))
		}
	}
}

func TestAssign_Subsets_FewBackends(t *testing.T) {
	s := NewSubsets(3, 0)
	if got := s.Join("c"); len(got) != 0 || got == nil {
		t.Errorf("without backends the subset is %#v", got)
	}
	for n, want := range [][]string{{}, {"b0000"}, {"b0000", "b0001"}, names("b", 3)} {
		s.SetBackends(append(names("b", n), names("b", n)...))
		if !slices.Equal(s.Of("c"), want) {
			t.Errorf("of %d backends it has %v", n, s.Of("c"))
		}
	}
	s.SetBackends(nil)
	if s.Level() != nil || len(s.Of("c")) != 0 || s.Of("nobody") != nil {
		t.Error("without backends again, something is left")
	}
}

// Without a limit to the spread, a subset is made of the names alone, whatever was before:
// the best by rendezvous hashing, as in gRFC A68.
func TestAssign_Subsets_NoLimitIsRendezvous(t *testing.T) {
	for _, spread := range []int{NoLimit, math.MaxInt32, math.MaxInt} {
		s := joined(4, spread, 20, 50)
		s.SetBackends(names("b", 5)) // history, to be forgotten
		s.SetBackends(append(names("b", 7), names("x", 9)...))
		s.SetBackends(names("b", 20))
		for _, name := range names("c", 50) {
			if got, want := s.Of(name), rendezvous(name, names("b", 20), 4); !slices.Equal(got, want) {
				t.Errorf("%s has %v, want %v", name, got, want)
			}
		}
	}
}

// However great the spread, a new backend gets about as many clients as the others have.
func TestAssign_Subsets_NewBackendWithAGreatSpread(t *testing.T) {
	for _, spread := range []int{10, 100, 150, 300, NoLimit} {
		s := joined(20, spread, 100, 1000)
		s.SetBackends(names("b", 101)) // 20,000/101 = 198 clients a backend
		if got := s.Clients()["b0100"]; got < 150 || got > 250 {
			t.Errorf("spread %d: the new backend has %d clients, want about 198", spread, got)
		}
		if got := differ(s); got > spread {
			t.Errorf("spread %d: backends differ by %d", spread, got)
		}
	}
}

func TestAssign_Subsets_Zero(t *testing.T) {
	var s Subsets
	s.SetBackends(names("b", 2))
	for _, name := range names("c", 4) {
		if got := s.Join(name); len(got) != 1 {
			t.Errorf("%s has %v, want one backend", name, got)
		}
	}
	if s.Leave("nobody"); differ(&s) > 1 || len(s.Clients()) != 2 {
		t.Errorf("clients %v", s.Clients())
	}
}

func rendezvous(client string, backends []string, size int) []string {
	slices.SortFunc(backends, func(a, b string) int {
		return cmp.Compare(pair(hash(client), hash(b)), pair(hash(client), hash(a)))
	})
	best := backends[:size]
	slices.Sort(best)
	return best
}

// A backend's clients do not all have the same other backends, so that a client too many
// is not one too many for the same few.
func TestAssign_Subsets_Mixed(t *testing.T) {
	s := joined(10, 1, 100, 100)
	others := map[string]bool{}
	for _, name := range names("c", 100) {
		if of := s.Of(name); slices.Contains(of, "b0000") {
			for _, b := range of {
				others[b] = true
			}
		}
	}
	if len(others) < 40 {
		t.Errorf("10 clients of a backend have %d backends between them; 10 would be one subset, 91 all others", len(others))
	}
}

// A backend that goes and comes back has mostly the clients again that it had, as they
// prefer it.
func TestAssign_Subsets_BackendComesBack(t *testing.T) {
	s := joined(20, 10, 100, 1000)
	had := having(s, "b0000")
	s.SetBackends(names("b", 100)[1:])
	s.SetBackends(names("b", 100))
	again := 0
	for _, name := range having(s, "b0000") {
		if slices.Contains(had, name) {
			again++
		}
	}
	if again < len(had)*3/4 {
		t.Errorf("of its %d clients %d have it again", len(had), again)
	}
}

// having returns the clients that have a backend.
func having(s *Subsets, backend string) (clients []string) {
	for _, name := range names("c", 1000) {
		if slices.Contains(s.Of(name), backend) {
			clients = append(clients, name)
		}
	}
	return clients
}

// "All backends" may be said by any large number.
func TestAssign_Subsets_LargerThanAllBackends(t *testing.T) {
	s := NewSubsets(math.MaxInt, 1)
	s.SetBackends([]string{"a", "b"})
	s.Join("client")
	if got := s.Of("client"); len(got) != 2 {
		t.Errorf("got %v, want both backends", got)
	}
}

package assign

import (
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/actorlb/grpclb/lbserver"
)

// fleet has the servers of zones: a letter for each backend, in capitals if it is
// healthy.
func fleet(letters string) []Backend {
	var backends []Backend
	for i, letter := range letters {
		lower := strings.ToLower(string(letter))
		token := lower + string(rune('0'+i))
		backends = append(backends, Backend{Server: lbserver.Server{Token: token}, Zone: lower, Unhealthy: lower == string(letter)})
	}
	return backends
}

func TestAssign_Spill(t *testing.T) {
	for name, c := range map[string]struct {
		fleet string
		want  string // tokens, in the order of the list
		by    []int
	}{
		"all healthy":               {"AABB", "a0 a1", []int{1, 1}},
		"just enough":               {"AAAAAAAaaaB", "a0 a1 a2 a3 a4 a5 a6", []int{1, 1, 1, 1, 1, 1, 1}},
		"half, so 5/7 stay":         {"AAaaBBBC", "a0 a1 b4 b5 b6 c7", []int{5, 5, 1, 1, 1, 1}},
		"none healthy here":         {"aaBBB", "b2 b3 b4", []int{1, 1, 1}},
		"none healthy elsewhere":    {"Aaaaabb", "a0", []int{1}},
		"none healthy anywhere":     {"aabb", "", nil},
		"a zone without backends":   {"BBC", "b0 b1 c2", []int{1, 1, 1}},
		"a zone on its own":         {"AAa", "a0 a1", []int{1, 1}},
		"own first, however listed": {"BBAa", "a2 b0 b1", []int{5, 1, 1}},
		"nobody":                    {"", "", nil},
	} {
		got, err := Spill(fleet(c.fleet), "a", 70)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var tokens []string
		for _, s := range got {
			tokens = append(tokens, s.Token)
		}
		if strings.Join(tokens, " ") != c.want || !slices.Equal(weights(got), c.by) {
			t.Errorf("%s: %v with the weights %v, want %s with %v", name, tokens, weights(got), c.want, c.by)
		}
	}
}

func TestAssign_Spill_Refused(t *testing.T) {
	one := fleet("A")
	drop := []Backend{{Server: lbserver.Server{Drop: true}}}
	heavy := []Backend{{Server: lbserver.Server{Weight: -1}, Zone: "a"}}
	for name, c := range map[string]struct {
		backends []Backend
		percent  int
		says     string
	}{
		"no percent":    {one, 0, "0 percent"},
		"too much":      {one, 101, "101 percent"},
		"a drop":        {drop, 70, "backend 0 (): it is a drop"},
		"an odd weight": {heavy, 70, "backend 0 (): weight -1"},
	} {
		if _, err := Spill(c.backends, "a", c.percent); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want %q", name, err, c.says)
		}
	}
}

// Against the definition, in fractions.
func TestAssign_Spill_Laws(t *testing.T) {
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 2))
		most := []int{2, 10, 1000, MaxWeight}[seed%4]
		var backends []Backend
		for _, s := range random(r, "s", 12, most) {
			zone := string(rune('a' + r.IntN(3)))
			backends = append(backends, Backend{Server: s, Zone: zone, Unhealthy: r.IntN(3) == 0})
		}
		percent := 1 + r.IntN(100)
		got, err := Spill(backends, "a", percent)
		if err != nil {
			t.Fatal(err)
		}
		within := int64(0)
		if most > 10 {
			within = int64(len(got)) + 2
		}
		equal(t, parts(got), spilt(backends, percent), within)
	}
}

// spilt is what Spill has to make of them, word by word.
func spilt(backends []Backend, percent int) map[string]*big.Rat {
	sums := map[bool]*big.Rat{true: {}, false: {}} // of the healthy, own and others
	all := new(big.Rat)
	for _, b := range backends {
		own := b.Zone == "a"
		if own {
			all.Add(all, whole(weight(b.Server)))
		}
		if !b.Unhealthy {
			sums[own].Add(sums[own], whole(weight(b.Server)))
		}
	}
	kept := new(big.Rat)
	if all.Sign() > 0 {
		kept.Quo(sums[true], all)
		kept.Mul(kept, big.NewRat(100, int64(percent)))
	}
	one := big.NewRat(1, 1)
	if kept.Cmp(one) > 0 || sums[false].Sign() == 0 {
		kept = one
	}
	shares := map[bool]*big.Rat{true: kept, false: new(big.Rat).Sub(one, kept)}
	want := map[string]*big.Rat{}
	for _, b := range backends {
		if share := shares[b.Zone == "a"]; !b.Unhealthy && share.Sign() > 0 {
			part := new(big.Rat).Quo(whole(weight(b.Server)), sums[b.Zone == "a"])
			want[b.Token] = part.Mul(part, share)
		}
	}
	return want
}

package assign

import (
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/actorlb/grpclb/lbserver"
)

func TestAssign_Mix(t *testing.T) {
	drop := []lbserver.Server{{Token: "shed", Drop: true}}
	for name, c := range map[string]struct {
		parts []Part
		want  []int
	}{
		"a canary of 5 %":                 {[]Part{{named("s", 0, 0, 0), 95}, {named("c", 1), 5}}, []int{19, 19, 19, 3}},
		"weights within a part":           {[]Part{{named("s", 2, 1), 1}, {named("c", 1), 1}}, []int{2, 1, 3}},
		"a drop of 20 %":                  {[]Part{{named("s", 1, 1), 80}, {drop, 20}}, []int{2, 2, 1}},
		"one part only":                   {[]Part{{named("s", 300, 100), 7}}, []int{3, 1}},
		"a part without servers":          {[]Part{{nil, 95}, {named("c", 1, 1), 5}}, []int{1, 1}},
		"three, one of them without":      {[]Part{{named("a", 1), 50}, {nil, 30}, {named("b", 1), 20}}, []int{5, 2}},
		"a share of zero":                 {[]Part{{named("s", 1), 100}, {named("c", 1), 0}}, []int{1}},
		"a drop, nobody else":             {[]Part{{nil, 95}, {drop, 5}}, nil},
		"a drop beside a part without":    {[]Part{{nil, 90}, {named("c", 1), 5}, {drop, 5}}, []int{19, 1}},
		"a drop with a share of zero":     {[]Part{{named("s", 1), 100}, {drop, 0}}, []int{1}},
		"two drops":                       {[]Part{{named("s", 1), 70}, {drop, 20}, {nil, 5}, {drop, 5}}, []int{15, 4, 1}},
		"nobody":                          {[]Part{{nil, 95}, {nil, 5}}, nil},
		"nothing":                         {nil, nil},
		"the greatest weights and shares": {[]Part{{named("s", MaxWeight), MaxWeight}, {named("c", MaxWeight), MaxWeight}}, []int{1, 1}},
		"more than whole numbers can say": {[]Part{{named("s", MaxWeight, MaxWeight-1), MaxWeight}, {named("c", MaxWeight-2, MaxWeight-4), 1}}, []int{1<<29 - 1, 1<<29 - 1, 1, 1}},
	} {
		got, err := Mix(c.parts...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !slices.Equal(weights(got), c.want) {
			t.Errorf("%s: weights %v, want %v", name, weights(got), c.want)
		}
	}
}

func TestAssign_Mix_Refused(t *testing.T) {
	drop := []lbserver.Server{{Token: "shed", Drop: true}}
	for name, c := range map[string]struct {
		parts []Part
		says  string
	}{
		"a share below zero":  {[]Part{{nil, 1}, {nil, -1}}, "part 1: share -1"},
		"too great a share":   {[]Part{{nil, MaxWeight + 1}}, "part 0: share 2147483648"},
		"a weight below zero": {[]Part{{named("s", 1, -1), 1}}, "part 0: server 1 (): weight -1"},
		"too great a weight":  {[]Part{{named("s", MaxWeight+1), 1}}, "part 0: server 0 (): weight 2147483648"},
		"servers and drops":   {[]Part{{append(named("s", 1), drop...), 1}}, "part 0: it has both servers and drops"},
		"a drop, no share":    {[]Part{{named("s", 1), 0}, {drop, 5}}, "no part that has servers has a share"},
		"servers, no share":   {[]Part{{named("s", 1), 0}, {nil, 5}}, "no part that has servers has a share"},
	} {
		if _, err := Mix(c.parts...); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want %q", name, err, c.says)
		}
	}
}

// Against the definition, in fractions.
func TestAssign_Mix_Laws(t *testing.T) {
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 1))
		most := []int{2, 10, 1000, MaxWeight}[seed%4]
		var given []Part
		for i := range 1 + r.IntN(4) {
			given = append(given, Part{random(r, string(rune('a'+i)), 6, most), 1 + r.IntN(most)})
		}
		for i := range r.IntN(3) {
			shed := random(r, string(rune('x'+i)), 3, most)
			for k := range shed {
				shed[k].Drop = true
			}
			given = append(given, Part{shed, 1 + r.IntN(most)})
		}
		got, err := Mix(given...)
		if err != nil {
			t.Fatal(err)
		}
		within := int64(0)
		if most > 10 {
			within = int64(len(got)) + 1 // each was rounded, and so was the sum
		}
		equal(t, parts(got), defined(given), within)
		if sum(got) > maxTotal+uint64(len(got)) {
			t.Fatalf("the weights add up to %d", sum(got))
		}
	}
}

// defined is what Mix has to make of parts, word by word: drops have their share of all
// calls, and the other parts that have servers divide the rest.
func defined(given []Part) map[string]*big.Rat {
	all, served, dropped := new(big.Rat), new(big.Rat), new(big.Rat)
	for _, p := range given {
		share := whole(uint64(p.Share))
		all.Add(all, share)
		switch {
		case len(p.Servers) == 0:
		case p.Servers[0].Drop:
			dropped.Add(dropped, share)
		default:
			served.Add(served, share)
		}
	}
	want := map[string]*big.Rat{}
	if served.Sign() == 0 {
		return want
	}
	rest := new(big.Rat).Sub(big.NewRat(1, 1), dropped.Quo(dropped, all))
	for _, p := range given {
		for name, part := range parts(p.Servers) {
			share := whole(uint64(p.Share))
			if p.Servers[0].Drop {
				share.Quo(share, all)
			} else {
				share.Quo(share, served).Mul(share, rest)
			}
			want[name] = share.Mul(share, part)
		}
	}
	return want
}

// A drop keeps its percent of all calls, whichever of the other parts have servers.
func TestAssign_Mix_DropsKeepTheirPercent(t *testing.T) {
	shed := []lbserver.Server{{Token: "shed", Drop: true}}
	for has := range 8 {
		given := []Part{{nil, 40}, {nil, 35}, {nil, 20}, {shed, 5}}
		for i := range 3 {
			if has&(1<<i) > 0 {
				given[i].Servers = named(string(rune('a'+i)), 3, 1)
			}
		}
		got, err := Mix(given...)
		if err != nil {
			t.Fatal(err)
		}
		if has == 0 {
			if got == nil || len(got) > 0 {
				t.Errorf("without servers the list is %#v, want an empty one", got)
			}
			continue
		}
		if part := parts(got)["shed"]; part.Cmp(big.NewRat(5, 100)) != 0 {
			t.Errorf("of the parts %03b that have servers: %s is dropped, want 5 %%", has, part)
		}
	}
}

// What is given is not changed.
func TestAssign_Mix_KeepsWhatIsGiven(t *testing.T) {
	stable := named("s", 300, 100)
	if _, err := Mix(Part{stable, 1}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(weights(stable), []int{300, 100}) {
		t.Errorf("the weights given are now %v", weights(stable))
	}
}

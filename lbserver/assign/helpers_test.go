package assign

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/actorlb/grpclb/lbserver"
)

// named returns as many servers as there are weights, with names that begin alike.
func named(prefix string, weights ...int) []lbserver.Server {
	servers := make([]lbserver.Server, len(weights))
	for i, w := range weights {
		servers[i] = lbserver.Server{Token: fmt.Sprintf("%s%d", prefix, i), Weight: w}
	}
	return servers
}

// random returns up to n servers of weights below most, some of them zero.
func random(r *rand.Rand, prefix string, n, most int) []lbserver.Server {
	weights := make([]int, r.IntN(n+1))
	for i := range weights {
		weights[i] = r.IntN(most)
	}
	return named(prefix, weights...)
}

// parts returns what part of all calls each server gets, by its token.
func parts(servers []lbserver.Server) map[string]*big.Rat {
	total := new(big.Rat)
	for _, s := range servers {
		total.Add(total, whole(weight(s)))
	}
	of := map[string]*big.Rat{}
	for _, s := range servers {
		of[s.Token] = new(big.Rat).Quo(whole(weight(s)), total)
	}
	return of
}

func whole(n uint64) *big.Rat { return new(big.Rat).SetInt(new(big.Int).SetUint64(n)) }

// equal compares two divisions of the calls, to within so many 2³⁰ths of all.
func equal(t *testing.T, got, want map[string]*big.Rat, within int64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d servers, want %d", len(got), len(want))
	}
	for name, part := range want {
		off := new(big.Rat).Sub(part, got[name])
		if off.Abs(off).Cmp(big.NewRat(within, maxTotal)) > 0 {
			t.Fatalf("%s gets %s, want %s", name, got[name], part)
		}
	}
}

// weights returns them in order.
func weights(servers []lbserver.Server) []int {
	var of []int
	for _, s := range servers {
		of = append(of, s.Weight)
	}
	return of
}

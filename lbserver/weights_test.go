package lbserver

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestWeights_SmoothOrder(t *testing.T) {
	for _, test := range []struct{ weights, want []int }{
		{[]int{}, []int{}},
		{[]int{1}, []int{0}},
		{[]int{1, 1, 1}, []int{0, 1, 2}},
		{[]int{2, 1}, []int{0, 1, 0}},
		{[]int{1, 2}, []int{1, 0, 1}},
		{[]int{5, 1, 1}, []int{0, 0, 1, 0, 2, 0, 0}},
		{[]int{3, 3, 1}, []int{0, 1, 2, 0, 1, 0, 1}},
	} {
		if got := interleave(test.weights); !slices.Equal(got, test.want) {
			t.Errorf("interleave(%v) = %v, want %v", test.weights, got, test.want)
		}
	}
}

// plain is smooth weighted round robin as [Server] describes it, word by word.
func plain(weights []int) []int {
	total := 0
	for _, w := range weights {
		total += w
	}
	credit := make([]int, len(weights))
	order := make([]int, 0, total)
	for range total {
		best := 0
		for i, w := range weights {
			credit[i] += w
			if credit[i] > credit[best] {
				best = i
			}
		}
		credit[best] -= total
		order = append(order, best)
	}
	return order
}

func TestWeights_TiersAgreeWithPlain(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		weights := make([]int, 1+rnd.IntN(12))
		for i := range weights {
			weights[i] = 1 + rnd.IntN(1+rnd.IntN(9))
		}
		if got, want := interleave(weights), plain(weights); !slices.Equal(got, want) {
			t.Fatalf("interleave(%v) = %v, want %v", weights, got, want)
		}
	}
}

// Anywhere in the endless rotation an entry is within two places of its share.
func TestWeights_NoBunching(t *testing.T) {
	weights := []int{20, 7, 7, 1, 3}
	order := interleave(weights)
	had := make([]int, len(weights))
	for n, i := range append(slices.Clone(order), order...) {
		had[i]++
		for j, w := range weights {
			due := float64((n+1)*w) / float64(len(order))
			if off := float64(had[j]) - due; off > 2 || off < -2 {
				t.Errorf("after %d places entry %d has had %d, due %.1f", n+1, j, had[j], due)
			}
		}
	}
}

func TestWeights_Reduced(t *testing.T) {
	for _, test := range []struct{ weights, want []int }{
		{[]int{}, []int{}},
		{[]int{7}, []int{1}},
		{[]int{300, 100}, []int{3, 1}},
		{[]int{1, 100}, []int{1, 100}},
		{[]int{12, 18, 30}, []int{2, 3, 5}},
	} {
		got := slices.Clone(test.weights)
		if reduce(got); !slices.Equal(got, test.want) {
			t.Errorf("reduce(%v) = %v, want %v", test.weights, got, test.want)
		}
	}
}

func BenchmarkInterleave(b *testing.B) {
	weights := make([]int, 10_000)
	for i := range weights {
		weights[i] = 1 + i%10
	}
	for b.Loop() {
		interleave(weights)
	}
}

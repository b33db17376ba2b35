package lbserver

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// weighted are servers of these weights.
func weighted(weights ...int) []Server {
	servers := make([]Server, len(weights))
	for i, w := range weights {
		servers[i] = Server{Address: fmt.Sprintf("10.%d.%d.%d:80", i>>16, i>>8&255, i&255), Weight: w}
	}
	return servers
}

// places is how often each server is in the list, after the weights were fitted.
func places(servers []Server, maxEntries int) (counts []int, total int) {
	counts = make([]int, len(servers))
	for i, s := range fit(servers, maxEntries) {
		counts[i] = s.weight()
	}
	reduce(counts)
	for _, n := range counts {
		total += n
	}
	return counts, total
}

func TestServer_Weights(t *testing.T) {
	for _, test := range []struct {
		weights []int
		most    int
		want    []int
	}{
		{[]int{}, 10, []int{}},
		{[]int{0, 0}, 10, []int{1, 1}}, // zero means one
		{[]int{3, 2, 1}, 6, []int{3, 2, 1}},
		{[]int{3000, 2000, 1000}, 6, []int{3, 2, 1}},
		{[]int{33333, 33334, 33333}, 4096, []int{1, 1, 1}},
		{[]int{1, 4095}, 4096, []int{1, 4095}},
		{[]int{1, 1_000_000}, 4096, []int{1, 4095}}, // at least one place
		{[]int{math.MaxInt, 1, math.MaxInt}, 9, []int{4, 1, 4}},
		{[]int{math.MaxInt, math.MaxInt - 1}, 4096, []int{1, 1}},
		{[]int{5, 4, 3, 2}, 3, []int{1, 1, 1, 1}}, // one for each server
		{[]int{100, 50, 1}, 4, []int{2, 1, 1}},
	} {
		if got, _ := places(weighted(test.weights...), test.most); fmt.Sprint(got) != fmt.Sprint(test.want) {
			t.Errorf("%v in %d places: %v, want %v", test.weights, test.most, got, test.want)
		}
	}
}

// Drops are entries like others: their share is of all calls.
func TestServer_Weights_Drops(t *testing.T) {
	r := inMemory(t, Options{MaxEntries: 3})
	r.set(t, greeter, Server{Address: "10.0.0.1:80", Weight: 2001}, Server{Drop: true, Token: "d", Weight: 1000})
	r.join(t, greeter).wantList("10.0.0.1:80 ", "drop d", "10.0.0.1:80 ")
}

// What holds of all weights: the list is no longer than it may be, nobody is left
// out, what fits is exact, and whose weight is less has no more places.
func TestServer_Weights_Laws(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		weights := make([]int, 1+rnd.IntN(40))
		for i := range weights {
			weights[i] = 1 + rnd.IntN(1<<(1+rnd.IntN(40)))
		}
		most := 1 + rnd.IntN(5000)
		counts, total := places(weighted(weights...), most)
		if total > max(most, len(weights)) {
			t.Fatalf("%v in %d places: %v, which are %d", weights, most, counts, total)
		}
		reduce(weights)
		exact := fits(weights, most)
		for i, n := range counts {
			if n < 1 || exact && n != weights[i] {
				t.Fatalf("%v in %d places: %v", weights, most, counts)
			}
			for j := range i {
				if weights[i] > weights[j] && n < counts[j] {
					t.Fatalf("%v in %d places: %v, more of what weighs less", weights, most, counts)
				}
			}
		}
	}
}

// Shares of a hundred places and more of the longest list are within one per cent.
func TestServer_Weights_WithinOnePerCent(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		weights := make([]int, 1+rnd.IntN(20))
		for i := range weights {
			weights[i] = 1_000_000 + rnd.IntN(1_000_000)
		}
		counts, total := places(weighted(weights...), defaultMaxEntries)
		sum := 0
		for _, w := range weights {
			sum += w
		}
		for i, w := range weights {
			share, want := float64(counts[i])/float64(total), float64(w)/float64(sum)
			if want < 100./defaultMaxEntries {
				continue
			}
			if off := share/want - 1; off > tolerance || off < -tolerance {
				t.Fatalf("weights %v, places %v: the share of %d is off by %.2f %%", weights, counts, i, 100*off)
			}
		}
	}
}

// fewest is fit for short lists, without cleverness: it tries each number of
// places, and rounds each share to the next whole place.
func fewest(weights []int, most int) (total int, found bool) {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	for total = len(weights); total <= most; total++ {
		dealt, close := 0, true
		for _, w := range weights {
			n := (2*w*total + sum) / (2 * sum)
			dealt += n
			if off := n*sum - w*total; 100*max(off, -off) > w*total {
				close = false
			}
		}
		if close && dealt == total {
			return total, true
		}
	}
	return 0, false
}

func TestServer_Weights_AgreeWithTwin(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	approximated := 0
	for range 5000 {
		weights := make([]int, 1+rnd.IntN(4))
		for i := range weights {
			weights[i] = 1000*(1+rnd.IntN(5)) + rnd.IntN(9)
		}
		most := len(weights) + rnd.IntN(32-len(weights))
		want, found := fewest(weights, most)
		reduced := append([]int{}, weights...)
		if reduce(reduced); !found || fits(reduced, most) {
			continue
		}
		approximated++
		if counts, total := places(weighted(weights...), most); total != want {
			t.Fatalf("weights %v in %d places: %v, want %d of them", weights, most, counts, want)
		}
	}
	if approximated < 50 {
		t.Errorf("%d lists were approximated", approximated)
	}
}

// However many servers and weights there are, the order is that of the plain
// algorithm.
func TestServer_Weights_OrderOfManyTiers(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 8))
	for n := 1; n < 60; n++ {
		weights := make([]int, n)
		for i := range weights {
			weights[i] = 1 + rnd.IntN(2*n)
		}
		if got, want := interleave(weights), plain(weights); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("interleave(%v) = %v, want %v", weights, got, want)
		}
	}
}

// 2,000 servers with as many weights, in as many places as they take exactly.
func BenchmarkInterleave_ManyTiers(b *testing.B) {
	weights := make([]int, 2000)
	for i := range weights {
		weights[i] = i + 1
	}
	for b.Loop() {
		interleave(weights)
	}
}

// The same with the default length of lists, from SetServers to the answer's digest.
func BenchmarkSetServers_ManyWeights(b *testing.B) {
	balancer := New(Options{})
	defer balancer.Close()
	weights := make([]int, 2000)
	for i := range weights {
		weights[i] = i + 1
	}
	list := weighted(weights...)
	for b.Loop() {
		if err := balancer.SetServers(greeter, list); err != nil {
			b.Fatal(err)
		}
	}
}

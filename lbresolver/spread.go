package lbresolver

import (
	"cmp"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
)

// A seed is a random number of a channel, drawn once. It gives each channel its own order of
// balancers of equal standing, which is the same whenever DNS has the same balancers.
type seed uint64

// chance returns a number in [0, 1), always the same for the same texts.
func (s seed) chance(texts ...string) float64 {
	h := fnv.New64a()
	for _, t := range texts {
		_, _ = h.Write(append([]byte(t), 0)) // never fails
	}
	return rand.New(rand.NewPCG(uint64(s), h.Sum64())).Float64()
}

// A balancer is one address of a balancer.
type balancer struct{ addr, name string }

// A ranked balancer has what its place in the order depends on.
type ranked struct {
	balancer
	priority          uint16
	turn, tie, chance float64
}

func (r ranked) compare(o ranked) int {
	return cmp.Or(cmp.Compare(r.priority, o.priority), cmp.Compare(r.turn, o.turn), cmp.Compare(r.tie, o.tie),
		cmp.Compare(r.chance, o.chance), cmp.Compare(r.addr, o.addr), cmp.Compare(r.name, o.name))
}

// inOrder returns the balancers of a book in the order to try them, each once. Balancers that the
// target names have equal standing. SRV records go by priority and then at random by weight (RFC
// 2782): each draws an exponentially distributed time with its weight as the rate, so each is first
// in proportion to its weight. Those of weight 0 come last. The addresses of a record stay
// together.
func (s seed) inOrder(b *book, given bool) (order []balancer) {
	var all []ranked
	for _, r := range b.places {
		p := r.value
		rank := ranked{priority: p.priority}
		if !given {
			rank.tie = s.chance(p.hostPort.String())
			rank.turn = -math.Log(1-rank.tie) / float64(p.weight)
		}
		for _, addr := range b.at(p) {
			rank.balancer, rank.chance = balancer{addr, p.name()}, s.chance(addr, p.name())
			all = append(all, rank)
		}
	}
	slices.SortFunc(all, ranked.compare)
	seen := map[balancer]bool{}
	for _, r := range all {
		if !seen[r.balancer] {
			seen[r.balancer] = true
			order = append(order, r.balancer)
		}
	}
	return order
}

package lbresolver

import (
	"cmp"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
)

// A seed is a channel's own chance, drawn once. By it each channel puts
// balancers of equal standing in an order of its own, and in the same one again
// whenever DNS names the same.
type seed uint64

// chance returns a number in [0, 1) that is always the same for these texts.
func (s seed) chance(texts ...string) float64 {
	h := fnv.New64a()
	for _, t := range texts {
		_, _ = h.Write(append([]byte(t), 0)) // a hash takes everything
	}
	return rand.New(rand.NewPCG(uint64(s), h.Sum64())).Float64()
}

// A balancer is one address of one.
type balancer struct{ addr, name string }

// A ranked balancer is one with what its place in the order follows from.
type ranked struct {
	balancer
	priority          uint16
	turn, tie, chance float64
}

func (r ranked) compare(o ranked) int {
	return cmp.Or(cmp.Compare(r.priority, o.priority), cmp.Compare(r.turn, o.turn), cmp.Compare(r.tie, o.tie),
		cmp.Compare(r.chance, o.chance), cmp.Compare(r.addr, o.addr), cmp.Compare(r.name, o.name))
}

// inOrder returns the balancers of a book in the order in which to try them,
// each once. Those that the target names are of equal standing. SRV records go
// by priority and then by chance (RFC 2782): each draws a time that is
// exponentially distributed with its weight as the rate, so that the first is
// theirs in proportion to their weights; those of weight 0 come last. The
// addresses of a record follow each other.
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

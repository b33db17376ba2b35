package assign

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/actorlb/grpclb/lbserver"
)

// MaxWeight is the greatest weight of a server, and the greatest share of a
// part, that this package takes.
const MaxWeight = math.MaxInt32

// A Part is servers that get a share of the calls between them. Within the part
// they are weighted as usual. A part may be a drop: one server with Drop set.
type Part struct {
	Servers []lbserver.Server

	// Share is in relation to the other parts' shares: if all add up to 100, it is in
	// percent; if they add up to 1,000, in tenths of a percent. A part with a share of zero
	// gets no calls: its servers are left out. It may be from 0 to MaxWeight.
	Share int
}

// Mix returns the servers of all parts, with weights that give each part its share of the
// calls. They are in the order of the parts, and within a part in the order given.
//
// A part without servers gets nothing, and the other parts share what it would have got, in
// proportion: if the last stable server is gone, the canaries have all calls. If no part has
// servers, the result is empty. It returns an error if a weight or a share is out of range,
// or if there are servers but all of them have a share of zero (from an empty list clients
// would wait).
func Mix(parts ...Part) ([]lbserver.Server, error) {
	used, err := withShare(parts)
	if err != nil {
		return nil, err
	}
	all := make([]lbserver.Server, 0)
	for _, p := range used {
		all = append(all, p.Servers...)
	}
	weights, exact := exactly(used)
	if !exact {
		weights = rounded(used)
	}
	return weigh(all, weights), nil
}

// withShare returns the parts that have servers and a share.
func withShare(parts []Part) ([]Part, error) {
	var used []Part
	idle := 0
	for i, p := range parts {
		if p.Share < 0 || p.Share > MaxWeight {
			return nil, fmt.Errorf("assign: part %d: share %d is not from 0 to %d", i, p.Share, MaxWeight)
		}
		if err := check(p.Servers); err != nil {
			return nil, fmt.Errorf("assign: part %d: %w", i, err)
		}
		if len(p.Servers) > 0 && p.Share > 0 {
			used = append(used, p)
		} else {
			idle += len(p.Servers)
		}
	}
	if len(used) == 0 && idle > 0 {
		return nil, errors.New("assign: no part that has servers has a share")
	}
	return used, nil
}

// exactly returns the weights as whole numbers, unless those are too great. With
// W the weights of a part together and L a multiple of the W of every part, a server's weight
// times share times L/W is what its part of all calls is in proportion to.
func exactly(parts []Part) (weights []uint64, ok bool) {
	multiple := uint64(1)
	for _, p := range parts {
		sum := sum(p.Servers)
		if multiple, ok = times(multiple, sum/gcd(multiple, sum)); !ok {
			return nil, false
		}
	}
	for _, p := range parts {
		factor, ok := times(multiple/sum(p.Servers), uint64(p.Share))
		if !ok {
			return nil, false
		}
		for _, s := range p.Servers {
			w, ok := times(factor, weight(s))
			if !ok {
				return nil, false
			}
			weights = append(weights, w)
		}
	}
	return weights, true
}

// rounded returns the weights as whole numbers that add up to about maxTotal, each
// of them 1 at least.
func rounded(parts []Part) []uint64 {
	shares := 0.0
	for _, p := range parts {
		shares += float64(p.Share)
	}
	var weights []uint64
	for _, p := range parts {
		factor := maxTotal * float64(p.Share) / shares / float64(sum(p.Servers))
		for _, s := range p.Servers {
			weights = append(weights, max(uint64(math.Round(factor*float64(weight(s)))), 1))
		}
	}
	return weights
}

// weigh returns the servers with these weights.
func weigh(servers []lbserver.Server, weights []uint64) []lbserver.Server {
	weighed := slices.Clone(servers)
	for i, w := range reduced(weights) {
		weighed[i].Weight = w
	}
	return weighed
}

// check says which server has a weight that is out of range.
func check(servers []lbserver.Server) error {
	for i, s := range servers {
		if s.Weight < 0 || s.Weight > MaxWeight {
			return fmt.Errorf("server %d (%s): weight %d is not from 0 to %d", i, s.Address, s.Weight, MaxWeight)
		}
	}
	return nil
}

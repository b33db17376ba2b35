package assign

import (
	"errors"
	"fmt"
	"math"

	"github.com/actorlb/grpclb/lbserver"
)

// MaxWeight is the greatest weight of a server, and the greatest share of a
// part, that this package takes.
const MaxWeight = math.MaxInt32

// A Part is servers that get a share of the calls between them, or drops that get a share of
// the calls. Within the part they are weighted as usual. A part that has both is an error.
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
// A part without servers gets nothing, and the other parts with servers share what it would
// have got, in proportion: if the last stable server is gone, the canaries have its calls.
// Drops do not: a drop with a share of 5 of 100 drops 5 % of all calls, whichever other parts
// have servers. If no part has servers, the result is empty, whatever is to be dropped.
//
// Mix returns an error if a weight or a share is out of range, if a part has both servers and
// drops, or if there are servers but all of them have a share of zero (from an empty list
// clients would wait).
func Mix(parts ...Part) ([]lbserver.Server, error) {
	used, err := used(parts)
	if err != nil {
		return nil, err
	}
	all := together(used)
	weights, exact := exactly(used)
	if !exact {
		weights = rounded(used)
	}
	for i, w := range reduced(weights) {
		all[i].Weight = w
	}
	return all, nil
}

// together returns the servers of all portions.
func together(parts []portion) []lbserver.Server {
	n := 0
	for _, p := range parts {
		n += len(p.servers)
	}
	all := make([]lbserver.Server, 0, n)
	for _, p := range parts {
		all = append(all, p.servers...)
	}
	return all
}

// A portion is what a part that is used gets of the calls.
type portion struct {
	servers []lbserver.Server
	drop    bool
	share   uint64 // in relation to the other portions
}

// used returns the parts that have servers or drops, and a share. If none has servers,
// it returns none.
func used(parts []Part) ([]portion, error) {
	var used []portion
	var served, all, idle uint64 // shares of servers that are used, of all but drops; servers without a share
	for i, p := range parts {
		drop, err := p.check()
		if err != nil {
			return nil, fmt.Errorf("assign: part %d: %w", i, err)
		}
		share := uint64(p.Share)
		if !drop {
			all += share
		}
		switch {
		case len(p.Servers) == 0:
		case share == 0 && !drop:
			idle++
		case share > 0:
			used = append(used, portion{p.Servers, drop, share})
			if !drop {
				served += share
			}
		}
	}
	if served == 0 && idle > 0 {
		return nil, errors.New("assign: no part that has servers has a share")
	}
	if served == 0 {
		return nil, nil
	}
	return stretched(used, all, served), nil
}

// stretched gives the servers what parts without servers leave over. Of the shares of
// all parts that are not drops, the served ones are of parts that have servers: the shares
// of these grow by all/served, and those of drops stay. To have whole numbers, drops are
// multiplied by served and the others by all, both divided by what divides both. If the
// products would not fit, all are scaled down.
func stretched(used []portion, all, served uint64) []portion {
	divisor := gcd(all, served)
	all, served = all/divisor, served/divisor
	scale := min(1, (1<<60)/(MaxWeight*float64(all)))
	for i := range used {
		factor := all
		if used[i].drop {
			factor = served
		}
		if scale == 1 {
			used[i].share *= factor
		} else {
			used[i].share = max(uint64(float64(used[i].share)*float64(factor)*scale), 1)
		}
	}
	return used
}

// check reports whether the part is of drops, or says what is wrong with it.
func (p Part) check() (drop bool, err error) {
	if p.Share < 0 || p.Share > MaxWeight {
		return false, fmt.Errorf("share %d is not from 0 to %d", p.Share, MaxWeight)
	}
	for i, s := range p.Servers {
		if err := check(s); err != nil {
			return false, fmt.Errorf("server %d (%s): %w", i, s.Address, err)
		}
		if s.Drop != p.Servers[0].Drop {
			return false, errors.New("it has both servers and drops; give the drops a part of their own")
		}
	}
	return len(p.Servers) > 0 && p.Servers[0].Drop, nil
}

// exactly returns the weights as whole numbers, unless those are too great. With
// W the weights of a part together and L a multiple of the W of every part, a server's weight
// times share times L/W is what its part of all calls is in proportion to.
func exactly(parts []portion) (weights []uint64, ok bool) {
	multiple := uint64(1)
	for _, p := range parts {
		sum := sum(p.servers)
		if multiple, ok = times(multiple, sum/gcd(multiple, sum)); !ok {
			return nil, false
		}
	}
	for _, p := range parts {
		factor, ok := times(multiple/sum(p.servers), p.share)
		if !ok {
			return nil, false
		}
		for _, s := range p.servers {
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
func rounded(parts []portion) []uint64 {
	shares := 0.0
	for _, p := range parts {
		shares += float64(p.share)
	}
	var weights []uint64
	for _, p := range parts {
		factor := maxTotal * float64(p.share) / shares / float64(sum(p.servers))
		for _, s := range p.servers {
			weights = append(weights, max(uint64(math.Round(factor*float64(weight(s)))), 1))
		}
	}
	return weights
}

// check says whether a weight is out of range.
func check(s lbserver.Server) error {
	if s.Weight < 0 || s.Weight > MaxWeight {
		return fmt.Errorf("weight %d is not from 0 to %d", s.Weight, MaxWeight)
	}
	return nil
}

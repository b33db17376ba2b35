package assign

import (
	"fmt"

	"github.com/actorlb/grpclb/lbserver"
)

// Spill returns the healthy backends for the clients of a zone, with weights by which the
// zone's own backends get all calls while at least percent of their weight is healthy. Below
// that they get the part healthy/percent of the calls, and the healthy backends of all other
// zones get the rest, in proportion to their weights.
//
// The zone's own backends come first, each group in the order given. If no other zone has a
// healthy backend, the zone's own get all calls. If no backend is healthy, the result is
// empty: the caller may then choose to list unhealthy ones.
//
// If the zone has no backend, all healthy backends are returned, with their weights. So a
// zone that is misspelt costs its clients the nearness, without an error. To notice that,
// compare zones of clients with those of backends before.
//
// It returns an error if percent is not from 1 to 100, if a weight is out of range, or if a
// backend has Drop set.
func Spill(backends []Backend, zone string, percent int) ([]lbserver.Server, error) {
	if percent < 1 || percent > 100 {
		return nil, fmt.Errorf("assign: %d percent is not from 1 to 100", percent)
	}
	if err := checkBackends(backends); err != nil {
		return nil, err
	}
	own, others, all := split(backends, zone)
	kept, spilt := shares(sum(own), all, uint64(percent))
	return Mix(Part{own, kept}, Part{others, spilt})
}

// split returns the healthy servers of the zone, those of all others, and the
// weight of the zone, unhealthy ones included.
func split(backends []Backend, zone string) (own, others []lbserver.Server, all uint64) {
	others = make([]lbserver.Server, 0, len(backends))
	for _, b := range backends {
		if b.Zone == zone {
			all += weight(b.Server)
		}
		switch {
		case b.Unhealthy:
		case b.Zone == zone:
			own = append(own, b.Server)
		default:
			others = append(others, b.Server)
		}
	}
	return own, others, all
}

// shares says how the calls are divided between the zone and the others, to
// within 2⁻³⁰ of all calls.
func shares(healthy, all, percent uint64) (kept, spilt int) {
	carries, needed := 100*healthy, percent*all
	if carries >= needed {
		return onlyIf(needed > 0), onlyIf(needed == 0)
	}
	divisor := gcd(carries, needed)
	carries, needed = carries/divisor, needed/divisor
	if needed > maxTotal {
		carries = uint64(float64(carries) / float64(needed) * maxTotal)
		needed = maxTotal
	}
	return int(carries), int(needed - carries)
}

func onlyIf(all bool) int {
	if all {
		return 1
	}
	return 0
}

package main

import (
	"math"
	"slices"
)

// ours is compared with each of these.
var others = []string{"grpclb", "round_robin", "atomic"}

// measures are the units of which ratios are made; what is zero for ours is
// left out of the table there, such as the allocations of a pick.
var measures = []string{
	"ns/op", "added-ns/op", "cpu-ns/op", "B/op", "allocs/op", "heap-B/backend",
	"heap-B/channel", "stack-B/channel", "cpu-ns/call", "B/call", "heap-B/call",
	"calls/s", "p50-ns", "p99-ns",
}

// counts are the units of which none are made: they are to be read.
var counts = []string{"pickers/op", "subconns/op", "goroutines/channel", "wakes/call", "needless/op", "heap-MB"}

// A spread is the median of several values, the least and the greatest.
type spread struct{ median, least, greatest float64 }

func spreadOf(values []float64) spread {
	v := slices.Sorted(slices.Values(counting(values)))
	n := len(v)
	return spread{(v[(n-1)/2] + v[n/2]) / 2, v[0], v[n-1]}
}

// counting returns the values that count.
func counting(values []float64) []float64 {
	return slices.DeleteFunc(slices.Clone(values), math.IsNaN)
}

// over returns what policy has beyond the policy that does nothing, round by
// round; all of it if that was not measured.
func (r *row) over(policy string) []float64 {
	values, floor := slices.Clone(r.policy[policy]), r.policy["nothing"]
	for i := range min(len(values), len(floor)) {
		values[i] -= floor[i]
	}
	return values
}

// ratios returns ours to other, round by round, without the rounds that do not
// count, that one of them does not have, or whose divisor is not above zero.
func (r *row) ratios(other string) []float64 { return quotients(r.over("ours"), r.over(other)) }

func quotients(a, b []float64) (all []float64) {
	for i := range min(len(a), len(b)) {
		if b[i] > 0 && !math.IsNaN(a[i]) {
			all = append(all, a[i]/b[i])
		}
	}
	return all
}

// meant returns the ratios that mean something: what round_robin and a bare add
// add to a microsecond of work is less than can be told from nothing.
func (r *row) meant(other string) []float64 {
	if slices.Contains(counts, r.unit) || r.unit == "added-ns/op" && other != "grpclb" {
		return nil
	}
	return r.ratios(other)
}

// grow adds rows for how much more 10,000 backends take to be brought up than
// 1,000 do: 10 is linear.
func (t *table) grow() {
	for _, cpu := range []string{"cpu=1", "cpu=2", "cpu=4"} {
		for _, unit := range []string{"cpu-ns/op", "B/op"} {
			small, few := t.index["BringUp backends=1000 "+cpu+" "+unit]
			large, many := t.index["BringUp backends=10000 "+cpu+" "+unit]
			if !few || !many {
				continue
			}
			growth := t.row("BringUp growth from 1,000 to 10,000, times "+cpu, unit)
			for _, policy := range []string{"ours", "grpclb"} {
				growth.policy[policy] = quotients(large.over(policy), small.over(policy))
			}
		}
	}
}

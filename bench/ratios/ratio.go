package main

import (
	"math"
	"slices"
)

// counts are the units of which no ratios are made: they are numbers to read, or what
// the peer has over the policy that does nothing is noise. hidden units are in no table.
var (
	counts = []string{
		"pickers/op", "subconns/op", "goroutines/channel", "stack-B/channel", "parked-B/call", "wakes/call", "needless/op",
	}
	hidden = []string{"busy", "work-ns/op", "counts"}
)

// whole are the units whose ratios are of all that was used: the policy that does
// nothing is not subtracted. grpc-go's grpclb does next to nothing for a call that
// waits, so that what is left would be noise; and who makes a channel pays for all
// of it.
var whole = []string{"up-cpu-ns/channel", "close-cpu-ns/channel", "park-cpu-ns/call", "release-cpu-ns/call"}

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

// ratios returns ours to other, round by round, for the rounds that count.
func (r *row) ratios(other string) []float64 {
	if other == "nothing" || slices.Contains(whole, r.unit) {
		return quotients(r.policy["ours"], r.policy[other])
	}
	return quotients(r.over("ours"), r.over(other))
}

func quotients(a, b []float64) (all []float64) {
	for i := range min(len(a), len(b)) {
		if b[i] > 0 && !math.IsNaN(a[i]) {
			all = append(all, a[i]/b[i])
		}
	}
	return all
}

// grow adds a row for how much more memory 10,000 backends take to be brought up
// than 1,000 do: 10 is linear. There is none for processor time: the quotient would
// rise when 1,000 become cheaper.
func (t *table) grow() {
	const unit = "B/op"
	for _, cpu := range []string{"cpu=1", "cpu=2", "cpu=4"} {
		small, large := t.find("BringUp backends=1000 "+cpu, unit), t.find("BringUp backends=10000 "+cpu, unit)
		if small == nil || large == nil {
			continue
		}
		growth := t.row("BringUp growth from 1,000 to 10,000, times "+cpu, unit)
		for _, policy := range []string{"ours", "grpclb"} {
			growth.policy[policy] = quotients(large.over(policy), small.over(policy))
		}
	}
}

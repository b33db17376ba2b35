package main

import (
	"cmp"
	"fmt"
	"path"
	"strconv"
	"strings"
)

// A bar is what a figure of ours has to come to.
type bar struct {
	figure string // a pattern of path.Match for the row's title
	unit   string
	value  value
	limit  float64
	how    string // "≤" if empty, else "≥" or "="
}

// A value is what is held against a bar.
type value int

const (
	toGRPCLB     value = iota // the ratio of ours to grpclb
	toRoundRobin              // the ratio of ours to round_robin
	own                       // ours itself
	beyond                    // ours over the policy that does nothing
	toEach                    // the ratio of ours to encoding for each client
)

var bars = []bar{
	{figure: "Pick * work=none cpu=1", unit: "ns/op", limit: 0.4},
	{figure: "Pick * work=none cpu=2", unit: "ns/op", limit: 1.3},
	{figure: "Pick * drops=no work=none cpu=2", unit: "ns/op", value: toRoundRobin, limit: 2},
	{figure: "Pick * work=1us cpu=2", unit: "added-ns/op", limit: 0.3},
	{figure: "BringUp backends=10000 *", unit: "cpu-ns/op", limit: 1. / 200},
	{figure: "BringUp backends=10000 *", unit: "B/op", limit: 1. / 200},
	{figure: "BringUp backends=10000 *", unit: "pickers/op", value: own, limit: 100},
	{figure: "BringUp backends=10000 *", unit: "heap-B/backend", limit: 0.5},
	{figure: "BringUp growth *", unit: "cpu-ns/op", value: own, limit: 12},
	{figure: "BringUp growth *", unit: "B/op", value: own, limit: 12},
	{figure: "Trickle backends=10000 *", unit: "cpu-ns/op", limit: 1. / 50},
	{figure: "Trickle backends=10000 *", unit: "B/op", limit: 1. / 50},
	{figure: "Handover backends=10000 change=one *", unit: "cpu-ns/op", limit: 0.1},
	{figure: "Handover backends=10000 change=one *", unit: "B/op", limit: 0.1},
	{figure: "Handover backends=10000 change=tokens *", unit: "cpu-ns/op", limit: 0.1},
	{figure: "Handover backends=10000 change=tokens *", unit: "B/op", limit: 0.1},
	{figure: "Handover backends=10000 change=addresses *", unit: "cpu-ns/op", limit: 0.01},
	{figure: "Handover backends=10000 change=addresses *", unit: "B/op", limit: 0.01},
	{figure: "Handover backends=10000 change=one *", unit: "subconns/op", value: own, limit: 1, how: "="},
	{figure: "Handover backends=10000 change=tokens *", unit: "subconns/op", value: own, limit: 0, how: "="},
	{figure: "Handover backends=10000 change=addresses *", unit: "subconns/op", value: own, limit: 10_000, how: "="},
	{figure: "Channels *", unit: "heap-B/channel", limit: 1},
	{figure: "Parked *", unit: "cpu-ns/call", limit: 1.2},
	{figure: "Parked *", unit: "B/call", value: beyond, limit: 600},
	{figure: "Parked *", unit: "needless/op", value: own, limit: 0},
	{figure: "Push *", unit: "cpu-ns/op", value: toEach, limit: 0.25},
	{figure: "Mute *", unit: "heap-MB", value: own, limit: 40},
	{figure: "Calls *", unit: "calls/s", limit: 0.97, how: "≥"},
	{figure: "Calls *", unit: "p99-ns", limit: 1.05},
}

// verdicts says for each bar that r has whether it is held, in the median.
func (r *row) verdicts() string {
	var all []string
	for _, b := range bars {
		if is, err := path.Match(b.figure, r.title); err != nil || !is || b.unit != r.unit {
			continue
		}
		all = append(all, b.verdict(r))
	}
	return strings.Join(all, "; ")
}

func (b bar) verdict(r *row) string {
	text := cmp.Or(b.how, "≤") + " " + strconv.FormatFloat(b.limit, 'f', -1, 64) + b.value.suffix()
	values := counting(b.of(r))
	if len(values) == 0 {
		return text + ": not measured"
	}
	median := spreadOf(values).median
	switch b.value {
	case beyond:
		text += fmt.Sprintf(", is %.0f", median)
	case toEach:
		text += fmt.Sprintf(", is %.3g", median)
	}
	if b.holds(median) {
		return text + ": held"
	}
	return text + ": **not held**"
}

func (b bar) holds(x float64) bool {
	switch b.how {
	case "≥":
		return x >= b.limit
	case "=":
		return x == b.limit
	default:
		return x <= b.limit
	}
}

// of returns what is held against b, round by round.
func (b bar) of(r *row) []float64 {
	switch b.value {
	case toRoundRobin:
		return r.ratios("round_robin")
	case toEach:
		return r.ratios("each")
	case own:
		return r.policy["ours"]
	case beyond:
		return r.over("ours")
	default:
		return r.ratios("grpclb")
	}
}

// suffix says of what the limit is, where it is not of the ratio to grpclb.
func (v value) suffix() string {
	return map[value]string{toRoundRobin: " × round_robin", beyond: " over nothing", toEach: " × each"}[v]
}

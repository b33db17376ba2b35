package main

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// A bar is a limit for a figure of ours.
type bar struct {
	figure string // a pattern of path.Match for the row's title
	unit   string
	value  value
	to     string // the policy of a ratio, "grpclb" if empty
	limit  float64
	how    string // "≤" if empty, else "≥" or "="
}

// A value is what is held against a bar.
type value int

const (
	ratio  value = iota // of ours to the policy in to
	own                 // ours itself
	beyond              // ours over the policy that does nothing
)

var bars = []bar{
	{figure: "Pick backends=1 drops=no work=none cpu=1", unit: "ns/op", limit: 0.27},
	{figure: "Pick backends=10* drops=no work=none cpu=1", unit: "ns/op", limit: 0.31},
	{figure: "Pick backends=10* drops=no work=none cpu=1", unit: "ns/op", to: "round_robin", limit: 1.35},
	{figure: "Pick * drops=yes work=none cpu=1", unit: "ns/op", limit: 0.3},
	{figure: "Pick * work=none cpu=2", unit: "ns/op", limit: 0.67},
	{figure: "Pick * drops=no work=none cpu=2", unit: "ns/op", to: "round_robin", limit: 1.25},
	{figure: "Pick * work=1us cpu=2", unit: "added-ns/op", limit: 0.2},
	{figure: "BringUp backends=10000 *", unit: "cpu-ns/op", limit: 1. / 200},
	{figure: "BringUp backends=10000 *", unit: "cpu-ns/op", to: "nothing", limit: 4},
	{figure: "BringUp backends=10000 *", unit: "B/op", limit: 1. / 200},
	{figure: "BringUp backends=10000 *", unit: "pickers/op", value: own, limit: 100},
	{figure: "BringUp backends=10000 *", unit: "heap-B/backend", limit: 0.45},
	{figure: "BringUp growth *", unit: "B/op", value: own, limit: 12},
	{figure: "Trickle backends=10000 *", unit: "cpu-ns/op", limit: 1. / 50},
	{figure: "Trickle backends=10000 *", unit: "B/op", limit: 1. / 50},
	{figure: "Handover backends=10000 change=one *", unit: "cpu-ns/op", limit: 0.1},
	{figure: "Handover backends=10000 change=one *", unit: "B/op", limit: 0.1},
	{figure: "Handover backends=10000 change=tokens *", unit: "cpu-ns/op", limit: 0.15},
	{figure: "Handover backends=10000 change=tokens *", unit: "B/op", limit: 0.1},
	{figure: "Handover backends=10000 change=addresses *", unit: "cpu-ns/op", limit: 0.01},
	{figure: "Handover backends=10000 change=addresses *", unit: "B/op", limit: 0.01},
	{figure: "Handover backends=10000 change=one *", unit: "subconns/op", value: own, limit: 1, how: "="},
	{figure: "Handover backends=10000 change=tokens *", unit: "subconns/op", value: own, limit: 0, how: "="},
	{figure: "Handover backends=10000 change=addresses *", unit: "subconns/op", value: own, limit: 10_000, how: "="},
	{figure: "Channels *", unit: "memory-B/channel", limit: 1.5},
	{figure: "Channels *", unit: "up-cpu-ns/channel", limit: 1.2},
	{figure: "Channels *", unit: "close-cpu-ns/channel", limit: 1.2},
	{figure: "Hosted * change=list *", unit: "cpu-ns/op", to: "own", limit: 4},
	{figure: "Hosted * change=ready *", unit: "cpu-ns/op", to: "child", limit: 1.5},
	{figure: "Parked *", unit: "park-cpu-ns/call", limit: 1.6},
	{figure: "Parked *", unit: "parked-B/call", value: beyond, limit: 150},
	{figure: "Parked *", unit: "release-cpu-ns/call", limit: 1},
	{figure: "Parked *", unit: "needless/op", value: own, limit: 0},
	{figure: "Describe backends=10000 *", unit: "cpu-ns/op", value: own, limit: 20e6},
	{figure: "Describe backends=10000 *", unit: "delay-ns", value: own, limit: 1e6},
	{figure: "PickMetrics *", unit: "on/off", value: own, limit: 1.02},
	{figure: "Calls *", unit: "calls/s", limit: 0.97, how: "≥"},
	{figure: "Calls *", unit: "p99-ns", limit: 1.05},
}

// isFor reports whether b is about r.
func (b bar) isFor(r *row) bool {
	is, err := path.Match(b.figure, r.title)
	return err == nil && is && b.unit == r.unit
}

// verdicts says for each bar that r has whether it is held, in the median.
func (r *row) verdicts() string {
	var all []string
	for _, b := range bars {
		if b.isFor(r) {
			all = append(all, b.verdict(r))
		}
	}
	return strings.Join(all, "; ")
}

func (b bar) verdict(r *row) string {
	text := cmp.Or(b.how, "≤") + " " + strconv.FormatFloat(b.limit, 'f', -1, 64) + b.of()
	values := counting(b.held(r))
	if len(values) == 0 {
		return text + ": not measured"
	}
	median := spreadOf(values).median
	if b.value == beyond || b.to != "" && !slices.Contains(others, b.to) { // no column says it
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

// held returns what is held against b, round by round.
func (b bar) held(r *row) []float64 {
	switch b.value {
	case own:
		return r.policy["ours"]
	case beyond:
		return r.over("ours")
	default:
		return r.ratios(cmp.Or(b.to, "grpclb"))
	}
}

// of says of what the limit is, where it is not of the ratio to grpclb.
func (b bar) of() string {
	switch {
	case b.value == beyond:
		return " over nothing"
	case b.to != "":
		return " × " + b.to
	default:
		return ""
	}
}

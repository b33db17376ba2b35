package main

import (
	"fmt"
	"strings"
)

// units are in the order of rows.
var units = []string{
	"cpu-ms", "user-cpu-ms", "last-ms", "alloc-MB", "list-KB", "lists/client", // push
	"MB", "KB/client", // memory
	"cpus", "pushes/min", "arrived-%", "median-ms", "max-ms", // sustained
	"s", "cpu-s", "failed", // restart
}

// A bar is a limit for ours.
type bar struct {
	scene, unit string
	limit       float64
	times       string // of whose value; of nobody's if empty
	over        string // whose value is subtracted first, if any
}

var bars = []bar{
	{scene: "push clients=2000 entries=1000", unit: "cpu-ms", times: "plain", limit: 1. / 4},
	{scene: "push clients=2000 entries=1000 tokens=no", unit: "cpu-ms", times: "eds", limit: 1. / 2},
	{scene: "one clients=2000 entries=10000", unit: "cpu-ms", times: "plain", limit: 1. / 4},
	{scene: "idle clients=2000 entries=1000", unit: "KB/client", over: "silent", limit: 30},
	{scene: "mute clients=1000 entries=10000", unit: "MB", limit: 100},
	{scene: "restart clients=2000 entries=1000", unit: "s", limit: 3},
	{scene: "restart clients=2000 entries=1000", unit: "failed", limit: 0},
}

// verdicts says which bars there are for a row, and whether they are held.
func (r *row) verdicts() string {
	var all []string
	for _, b := range bars {
		if b.scene == r.title && b.unit == r.unit {
			all = append(all, b.verdict(r))
		}
	}
	return strings.Join(all, "; ")
}

func (b bar) verdict(r *row) string {
	var value float64
	text := fmt.Sprintf("≤ %.3g", b.limit)
	switch {
	case b.times != "":
		value, text = median(r.ratios(b.times)), text+" × "+b.times
	case b.over != "":
		value = median(r.values["ours"]) - median(r.values[b.over])
		text += fmt.Sprintf(" over %s, is %.2g", b.over, value)
	default:
		value = median(r.values["ours"])
	}
	if value <= b.limit {
		return text + ": held"
	}
	return text + ": **not held**"
}

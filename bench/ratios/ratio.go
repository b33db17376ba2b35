package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// ours is compared with each of these.
var others = []string{"grpclb", "round_robin", "atomic"}

// units are the figures of which ratios are made. The others are there to be
// read: that a policy allocates nothing, or publishes six pickers, is no ratio.
var units = []string{"ns/op", "added-ns/op", "cpu-ns/op", "B/op", "allocs/op"}

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

// ratios returns ours to other, round by round, without the rounds that do not
// count, that one of them does not have, or whose divisor is not above zero.
func (r *row) ratios(other string) (all []float64) {
	a, b, floor := r.policy["ours"], r.policy[other], r.policy["nothing"]
	for i := range min(len(a), len(b)) {
		least := 0.0
		if i < len(floor) {
			least = floor[i]
		}
		if divisor := b[i] - least; divisor > 0 && !math.IsNaN(a[i]) {
			all = append(all, (a[i]-least)/divisor)
		}
	}
	return all
}

// markdown returns the table.
func (t *table) markdown() string {
	var b strings.Builder
	b.WriteString("| figure | unit | rounds | ours | grpclb |")
	for _, o := range others {
		fmt.Fprintf(&b, " ours/%s |", o)
	}
	b.WriteString("\n|---|---|--:|--:|--:|" + strings.Repeat("--:|", len(others)) + "\n")
	for _, r := range t.rows {
		if r.compares() {
			b.WriteString(r.markdown())
		}
	}
	return b.String()
}

// compares reports whether r is for the table: ours has to be in it, the unit
// one for ratios. A work=1us row is about what is added, not the whole, and what
// is free, such as the allocations of a pick, is no ratio.
func (r *row) compares() bool {
	whole := strings.Contains(r.title, "work=1us") && r.unit == "ns/op"
	return len(r.policy["ours"]) > 0 && slices.Contains(units, r.unit) && !whole && !r.free()
}

// free reports whether the figure is zero for ours in every round that counts.
func (r *row) free() bool {
	return !slices.ContainsFunc(counting(r.policy["ours"]), func(v float64) bool { return v != 0 })
}

func (r *row) markdown() string {
	ours := r.policy["ours"]
	rounds := fmt.Sprintf("%d/%d", len(counting(ours)), len(ours))
	cells := []string{r.title, r.unit, rounds, r.value("ours"), r.value("grpclb")}
	for _, o := range others {
		cells = append(cells, cell(r.meant(o)))
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}

// meant returns the ratios that mean something: what round_robin and a bare add
// add to a microsecond of work is less than can be told from nothing.
func (r *row) meant(other string) []float64 {
	if r.unit == "added-ns/op" && other != "grpclb" {
		return nil
	}
	return r.ratios(other)
}

// value is the median of a policy's values.
func (r *row) value(policy string) string {
	if len(counting(r.policy[policy])) == 0 {
		return "–"
	}
	m := spreadOf(r.policy[policy]).median
	if m >= 1000 || m == float64(int(m)) {
		return fmt.Sprintf("%.0f", m)
	}
	return fmt.Sprintf("%.1f", m)
}

func cell(ratios []float64) string {
	if len(ratios) == 0 {
		return "–"
	}
	s := spreadOf(ratios)
	return fmt.Sprintf("%.3g (%.3g–%.3g)", s.median, s.least, s.greatest)
}

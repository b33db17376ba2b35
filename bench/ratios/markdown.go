package main

import (
	"fmt"
	"slices"
	"strings"
)

// others have a column each.
var others = []string{"grpclb", "round_robin"}

// markdown returns a table for each scene, which is the first word of a title, in
// the order in which scenes and rows were first seen. Then it names the bars of
// which there is no figure.
func (t *table) markdown() string {
	var b strings.Builder
	rows := slices.DeleteFunc(slices.Clone(t.rows), func(r *row) bool { return !r.isShown() })
	for len(rows) > 0 {
		scene := rows[0].scene()
		fmt.Fprintf(&b, "\n### %s\n\n| figure | unit | rounds | ours | grpclb | ours/%s | bar |\n|---|---|--:|--:|--:|%s---|\n",
			scene, strings.Join(others, " | ours/"), strings.Repeat("--:|", len(others)))
		rows = slices.DeleteFunc(rows, func(r *row) bool {
			if r.scene() == scene {
				b.WriteString(r.markdown())
			}
			return r.scene() == scene
		})
	}
	b.WriteString(t.missing())
	return b.String()
}

// missing names the bars that no row is for.
func (t *table) missing() string {
	var names []string
	for _, bar := range bars {
		if name := "`" + bar.figure + " " + bar.unit + "`"; !slices.ContainsFunc(t.rows, bar.isFor) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "\n**Bars without a figure:** " + strings.Join(names, ", ") + "\n"
}

func (r *row) scene() string {
	scene, _, _ := strings.Cut(r.title, " ")
	return scene
}

// isShown reports whether the table has r. A row with work between picks is about
// what is added. A measure that is zero for ours makes no ratio. A row of which no
// round counts is shown if it has a bar.
func (r *row) isShown() bool {
	if len(r.policy["ours"]) == 0 || slices.Contains(hidden, r.unit) ||
		strings.Contains(r.title, "work=1us") && r.unit != "added-ns/op" {
		return false
	}
	some := slices.ContainsFunc(counting(r.policy["ours"]), func(v float64) bool { return v != 0 })
	return some || slices.Contains(counts, r.unit) || r.verdicts() != ""
}

func (r *row) markdown() string {
	ours := r.policy["ours"]
	_, name, _ := strings.Cut(r.title, " ")
	rounds := fmt.Sprintf("%d/%d", len(counting(ours)), len(ours))
	cells := []string{name, r.unit, rounds, r.value("ours"), r.value("grpclb")}
	for _, other := range others {
		cells = append(cells, r.cell(other))
	}
	return "| " + strings.Join(append(cells, r.verdicts()), " | ") + " |\n"
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

// cell is the ratio to another policy. What round_robin adds to a microsecond of
// work can't be told from nothing.
func (r *row) cell(other string) string {
	ratios := r.ratios(other)
	if len(ratios) == 0 || slices.Contains(counts, r.unit) || r.unit == "added-ns/op" && other != "grpclb" {
		return "–"
	}
	s := spreadOf(ratios)
	return fmt.Sprintf("%.3g (%.3g–%.3g)", s.median, s.least, s.greatest)
}

package main

import (
	"fmt"
	"slices"
	"strings"
)

// markdown returns a table for each scene, which is the first word of a row's
// title.
func (t *table) markdown() string {
	var b strings.Builder
	scene := ""
	for _, r := range t.ordered() {
		if r.scene() != scene {
			scene = r.scene()
			b.WriteString(heading(scene))
		}
		b.WriteString(r.markdown())
	}
	return b.String()
}

// ordered returns the rows for the table, scene by scene, in the order in which
// the scenes and the rows were first seen.
func (t *table) ordered() (rows []*row) {
	var scenes []string
	for _, r := range t.rows {
		if r.compares() && !slices.Contains(scenes, r.scene()) {
			scenes = append(scenes, r.scene())
		}
	}
	for _, scene := range scenes {
		for _, r := range t.rows {
			if r.compares() && r.scene() == scene {
				rows = append(rows, r)
			}
		}
	}
	return rows
}

func (r *row) scene() string {
	scene, _, _ := strings.Cut(r.title, " ")
	return scene
}

func heading(scene string) string {
	h := "\n### " + scene + "\n\n| figure | unit | rounds | ours | grpclb |"
	for _, o := range others {
		h += " ours/" + o + " |"
	}
	return h + " bar |\n|---|---|--:|--:|--:|" + strings.Repeat("--:|", len(others)) + "---|\n"
}

// compares reports whether r is for the table: ours has to be in it, and the
// unit has to be known. A work=1us row is about what is added, not the whole,
// and a measure that is nothing makes no ratio.
func (r *row) compares() bool {
	whole := strings.Contains(r.title, "work=1us") && r.unit == "ns/op"
	measure := slices.Contains(measures, r.unit) && !whole && !r.free()
	return len(r.policy["ours"]) > 0 && (measure || slices.Contains(counts, r.unit))
}

// free reports whether the figure is zero for ours in every round. One that was
// disturbed in every round is shown without values.
func (r *row) free() bool {
	return !slices.ContainsFunc(r.policy["ours"], func(v float64) bool { return v != 0 })
}

func (r *row) markdown() string {
	ours := r.policy["ours"]
	rounds := fmt.Sprintf("%d/%d", len(counting(ours)), len(ours))
	cells := []string{r.name(), r.unit, rounds, r.value("ours"), r.value("grpclb")}
	for _, o := range others {
		cells = append(cells, cell(r.meant(o)))
	}
	cells = append(cells, r.verdicts())
	return "| " + strings.Join(cells, " | ") + " |\n"
}

// name is the title without the scene.
func (r *row) name() string {
	_, name, _ := strings.Cut(r.title, " ")
	return name
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

package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// A row is one figure of a scene: for each contender a value for each round.
type row struct {
	title, unit string
	values      map[string][]float64
}

// A table has rows in the order of the scenes, and of units within one.
type table struct{ rows []*row }

// columns are the contenders; ratios are ours to some of them.
var (
	columns = []string{"ours", "plain", "eds", "snapshot", "silent"}
	peers   = []string{"plain", "eds"}
)

func (t *table) add(title, contender string, f figures) {
	for _, unit := range units {
		if v, ok := f[unit]; ok {
			r := t.row(title, unit)
			r.values[contender] = append(r.values[contender], v)
		}
	}
}

func (t *table) row(title, unit string) *row {
	for _, r := range t.rows {
		if r.title == title && r.unit == unit {
			return r
		}
	}
	r := &row{title, unit, make(map[string][]float64)}
	t.rows = append(t.rows, r)
	return r
}

func (t *table) markdown() string {
	var b strings.Builder
	cells := slices.Concat([]string{"scene", "unit"}, columns)
	for _, peer := range peers {
		cells = append(cells, "ours/"+peer)
	}
	line(&b, append(cells, "bar"))
	b.WriteString("|---|---|" + strings.Repeat("--:|", len(columns)+len(peers)) + "---|\n")
	for _, r := range t.rows {
		line(&b, r.cells())
	}
	return b.String()
}

func line(b *strings.Builder, cells []string) {
	b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

func (r *row) cells() []string {
	cells := []string{r.title, r.unit}
	for _, name := range columns {
		cells = append(cells, number(r.values[name]))
	}
	for _, peer := range peers {
		cells = append(cells, spread(r.ratios(peer)))
	}
	return append(cells, r.verdicts())
}

// ratios returns ours to a peer's, round by round. There is none to nothing.
func (r *row) ratios(peer string) (all []float64) {
	ours, other := r.values["ours"], r.values[peer]
	for i := range min(len(ours), len(other)) {
		if other[i] != 0 {
			all = append(all, ours[i]/other[i])
		}
	}
	return all
}

func number(values []float64) string {
	if len(values) == 0 {
		return "–"
	}
	if m := median(values); m >= 100 || m == float64(int(m)) {
		return fmt.Sprintf("%.0f", m)
	} else {
		return fmt.Sprintf("%.3g", m)
	}
}

func spread(values []float64) string {
	if len(values) == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2g (%.2g–%.2g)", median(values), slices.Min(values), slices.Max(values))
}

func median(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	n := len(v)
	return (v[(n-1)/2] + v[n/2]) / 2
}

// The marks between which a document has the table.
const (
	beginMark = "<!-- measured: written by make -C bench server -->"
	endMark   = "<!-- /measured -->"
)

func writeInto(file, text string) error {
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(old), beginMark)
	_, after, ok2 := strings.Cut(rest, endMark)
	if !ok || !ok2 {
		return fmt.Errorf("%s lacks %s or %s", file, beginMark, endMark)
	}
	return os.WriteFile(file, []byte(before+beginMark+"\n\n"+text+"\n"+endMark+after), 0o644)
}

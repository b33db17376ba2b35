package ctl

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/terminal"
)

// A table is lines of cells, which are printed in columns.
type table struct{ *tabwriter.Writer }

func newTable(w io.Writer, head ...string) table {
	t := table{tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)}
	t.line(head...)
	return t
}

func (t table) line(cells ...string) {
	for i, c := range cells {
		cells[i] = clean(c)
	}
	fmt.Fprintln(t, strings.Join(cells, "\t"))
}

// clean makes a cell of what others wrote.
func clean(text string) string { return terminal.Clean(cmp.Or(text, "-")) }

// ago says how long ago something was.
func ago(then, now time.Time) string {
	if then.IsZero() {
		return "never"
	}
	return now.Sub(then).Round(time.Second).String()
}

// number is so many of something.
func number[N int | int64](n N, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprintf("%d %ss", n, of)
}

func percent(share float64) string { return fmt.Sprintf("%.1f%%", 100*share) }

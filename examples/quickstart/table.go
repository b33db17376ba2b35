package main

import (
	"fmt"
	"io"
	"time"
)

// The places that calls go to are the columns of the table.
const (
	phaseColumn = "%-34s"
	placeColumn = "%6s"
	timeColumn  = "%11s\n"
)

// placeName is the head of a column.
func placeName(n int) string {
	switch {
	case n == dropped:
		return "drop"
	case n > lastListed:
		return fmt.Sprintf("fb %d", n-lastListed)
	default:
		return fmt.Sprintf("b %d", n)
	}
}

// String says where the call went, as in "answered by b 3 (list-1)".
func (o outcome) String() string {
	if o.backend == dropped {
		return "dropped"
	}
	return fmt.Sprintf("answered by %s (%s)", placeName(o.backend), o.list)
}

func printHeader(w io.Writer) {
	fmt.Fprintf(w, phaseColumn, "calls by backend")
	for _, n := range columns() {
		fmt.Fprintf(w, placeColumn, placeName(n))
	}
	fmt.Fprintf(w, timeColumn, "takeover")
}

func printRow(w io.Writer, r result) {
	fmt.Fprintf(w, phaseColumn, r.goal.phase)
	for _, n := range columns() {
		cell := "."
		if r.counts[n] > 0 {
			cell = fmt.Sprint(r.counts[n])
		}
		fmt.Fprintf(w, placeColumn, cell)
	}
	fmt.Fprintf(w, timeColumn, r.timing())
}

// timing is what the last column says.
func (r result) timing() string {
	switch {
	case r.kept:
		return "none" // calls go where they went before
	case r.takeover < 0:
		return "never"
	default:
		return r.takeover.Round(100 * time.Microsecond).String()
	}
}

// columns are the backends by number, then the drops.
func columns() []int {
	var numbers []int
	for n := 1; n <= lastBackend; n++ {
		numbers = append(numbers, n)
	}
	return append(numbers, dropped)
}

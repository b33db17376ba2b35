package interleave

import (
	"fmt"
	"strings"
)

// Broken is a state in which something is wrong, and how it came to that.
type Broken struct {
	Reason   error
	Schedule []string // a line for each step: thread, step, and the state it left
}

// Error tells the reason and the schedule, over several lines.
func (b *Broken) Error() string {
	return fmt.Sprintf("%v, after\n\t%s", b.Reason, strings.Join(b.Schedule, "\n\t"))
}

// Unwrap returns the reason.
func (b *Broken) Unwrap() error { return b.Reason }

// broken takes the steps of a path once more, to put them into words.
func broken[S comparable](p *Protocol[S], path []int, reason error) *Broken {
	b := &Broken{Reason: reason}
	s := p.Start
	for n, i := range path {
		what := p.Threads[i].Step(&s)
		b.Schedule = append(b.Schedule, fmt.Sprintf("%2d %-10s %-40s %v", n+1, p.Threads[i].Name, what, s))
	}
	return b
}

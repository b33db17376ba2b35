package main

import (
	"fmt"
	"slices"
)

// faulty is a list of things that were not as promised. Of many the first few
// say it.
type faulty struct {
	first []string
	count int
}

// enough is how many are told.
const enough = 12

func (f *faulty) add(format string, args ...any) {
	if f.count++; f.count <= enough {
		f.first = append(slices.Clip(f.first), fmt.Sprintf(format, args...)) // summaries share it
	}
}

// lines returns what there is to tell.
func (f faulty) lines() []string {
	if more := f.count - len(f.first); more > 0 {
		return append(slices.Clone(f.first), fmt.Sprintf("and %d more", more))
	}
	return f.first
}

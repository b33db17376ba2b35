package admin

import (
	"fmt"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/view"
)

// staleAfter is from when on it is said how old a replica's total is.
const staleAfter = 10 * time.Second

// A note is what an operator should know of a service.
type note struct {
	Class string // of the style
	Text  string
	Since time.Time // since when it is so, if it is known
}

func notes(v view.Service) (all []note) {
	for _, w := range v.Waiting {
		all = append(all, note{"bad", "Waits for " + w, time.Time{}})
	}
	if v.Empty() {
		all = append(all, note{"bad", "No backend: clients get an empty list", time.Time{}})
	}
	for _, g := range v.Guards {
		all = append(all, note{"warn", "Guard: " + g, time.Time{}})
	}
	for _, s := range v.Sources {
		if s.Error != "" && !s.Said.IsZero() {
			all = append(all, note{"bad", fmt.Sprintf("The source %s %s fails; what it said last stays in use", s.Kind, s.Name), s.ErrorAt})
		}
	}
	return all
}

package main

import (
	"fmt"
	"slices"

	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
)

// note says why an override has no effect now, so that a misspelt name is noticed; "" if it has.
func note(s view.State, o override.Override) string {
	if o.Service != "" && !slices.ContainsFunc(s.Services, func(v view.Service) bool { return v.Name == o.Service }) {
		return fmt.Sprintf("no service is called %q, so it has no effect now", o.Service)
	}
	if o.Address == "" {
		return ""
	}
	for _, v := range s.Services {
		if o.Service != "" && o.Service != v.Name {
			continue
		}
		if slices.ContainsFunc(v.Backends, func(b view.Backend) bool { return b.Address == o.Address }) {
			return ""
		}
	}
	return fmt.Sprintf("no source names a backend %s, so it has no effect now", o.Address)
}

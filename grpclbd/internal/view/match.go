package view

import (
	"fmt"
	"slices"

	"github.com/actorlb/grpclb/grpclbd/internal/override"
)

// An Override is one that is in force, and whether it matches anything.
type Override struct {
	override.Override
	MatchesNothing string `json:"matchesNothing,omitempty"` // why it has no effect; "" if it has one, or if that is not known yet
}

// WithOverrides returns the state with the overrides that are in force.
func (s State) WithOverrides(all []override.Override) State {
	known := s.backendsAt(all)
	s.Overrides = nil
	for _, o := range all {
		s.Overrides = append(s.Overrides, Override{o, s.missing(o, known)})
	}
	return s
}

// MatchesNothing says why an override has no effect: no service has the name, or no source names
// the backend. It is "" if the override has an effect, and while a source that may name the backend
// has not spoken.
func (s State) MatchesNothing(o override.Override) string {
	return s.missing(o, s.backendsAt([]override.Override{o}))
}

// A place is an address of a service.
type place struct{ service, address string }

// backendsAt returns the backends that have an address of one of the overrides.
func (s State) backendsAt(all []override.Override) map[place]bool {
	wanted := map[string]bool{}
	for _, o := range all {
		if o.Address != "" {
			wanted[o.Address] = true
		}
	}
	known := map[place]bool{}
	if len(wanted) == 0 {
		return known
	}
	for _, v := range s.Services {
		for _, b := range v.Backends {
			if wanted[b.Address] {
				known[place{v.Name, b.Address}] = true
			}
		}
	}
	return known
}

func (s State) missing(o override.Override, known map[place]bool) string {
	mine := slices.DeleteFunc(slices.Clone(s.Services), func(v Service) bool { return !o.IsOf(v.Name) })
	switch {
	case len(mine) == 0 && o.Service == "":
		return "there is no service"
	case len(mine) == 0:
		return fmt.Sprintf("there is no service %q", o.Service)
	case o.Address == "":
		return ""
	}
	for _, v := range mine {
		if v.Mode == Waiting || known[place{v.Name, o.Address}] {
			return ""
		}
	}
	text := "no source names a backend " + o.Address
	if o.Service != "" {
		text += fmt.Sprintf(" of service %q", o.Service)
	}
	return text
}

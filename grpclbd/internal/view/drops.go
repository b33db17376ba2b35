package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/actorlb/grpclb/grpclbd/internal/override"
)

// A Drop is a share of the calls that clients of a service do not make.
type Drop struct {
	Token    string `json:"token"`
	Percent  int    `json:"percent"`
	Override bool   `json:"override,omitempty"` // an operator decided it; false: the configuration has it
}

// String is "shed 20 % (override)".
func (d Drop) String() string {
	from := "configuration"
	if d.Override {
		from = "override"
	}
	return fmt.Sprintf("%s %d %% (%s)", d.Token, d.Percent, from)
}

// Dropped is how many per cent of the calls these are together, and which they are.
func Dropped(all []Drop) (percent int, which string) {
	var each []string
	for _, d := range all {
		percent += d.Percent
		each = append(each, d.String())
	}
	return percent, strings.Join(each, ", ")
}

// CheckDrops returns an error if a drop would have a service drop more than all of its calls. To lower a
// drop is no fault.
func (s State) CheckDrops(o override.Override) error {
	if o.Kind != override.Drop {
		return nil
	}
	for _, v := range s.Services {
		if !v.takes(o) {
			continue
		}
		all := slices.DeleteFunc(slices.Clone(v.Drops), func(d Drop) bool { return d.Token == o.Token })
		lowers := slices.ContainsFunc(v.Drops, func(d Drop) bool { return d.Token == o.Token && d.Percent >= o.Value })
		others, which := Dropped(all)
		if others+o.Value > 100 && !lowers {
			return fmt.Errorf("service %q would drop %d %% of its calls, and can drop 100 %%: there is also %s", v.Name, others+o.Value, which)
		}
	}
	return nil
}

// takes reports whether a drop would be in force for the service. One of the service itself goes before one of
// every service.
func (s Service) takes(o override.Override) bool {
	if o.Service != "" {
		return o.Service == s.Name
	}
	return !slices.ContainsFunc(s.Overrides, func(other override.Override) bool {
		return other.Kind == o.Kind && other.Token == o.Token && other.Service == s.Name
	})
}

package admin

import (
	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
)

// keysOf are the keys and values of a line about an override. They are the same whether it was put in force or
// lifted, so that one search finds both.
func keysOf(o override.Override) (with []any) {
	for _, attr := range o.Attrs() {
		with = append(with, attr)
	}
	return with
}

// inForce returns the override, as far as it is known.
func inForce(s view.State, service string, kind override.Kind, subject string) override.Override {
	for _, o := range s.Overrides {
		if o.Service == service && o.Kind == kind && o.Subject() == subject {
			return o.Override
		}
	}
	return override.Override{Service: service, Kind: kind, Address: subject, Token: subject}
}

package ctl

import (
	"cmp"
	"fmt"
	"io"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
)

// value is the number that an override sets; "" if its kind has none.
func value(o override.Override) string {
	switch o.Kind {
	case override.Weight:
		return fmt.Sprint(o.Value)
	case override.Drop:
		return fmt.Sprintf("%d%%", o.Value)
	}
	return ""
}

// Overrides prints all overrides that are in force.
func Overrides(w io.Writer, s view.State) error {
	if len(s.Overrides) == 0 {
		_, err := fmt.Fprintln(w, "no override is in force")
		return err
	}
	return overridesOf(w, s, s.Overrides)
}

func overridesOf(w io.Writer, s view.State, all []view.Override) error {
	t := newTable(w, "OVERRIDE", "SUBJECT", "VALUE", "SERVICE", "ENDS", "WHO", "WHY", "STATE")
	for _, o := range all {
		ends := "when lifted"
		if !o.Until.IsZero() {
			ends = "in " + o.Until.Sub(s.At).Round(time.Second).String()
		}
		t.line(string(o.Kind), o.Subject(), value(o.Override), cmp.Or(o.Service, "(every one)"), ends, o.Who, o.Why, effect(s, o))
	}
	return t.Flush()
}

// effect says whether an override matches anything, and how far a drain has come.
func effect(s view.State, o view.Override) string {
	if o.MatchesNothing != "" {
		return "matches nothing: " + o.MatchesNothing
	}
	if o.Kind != override.Drain {
		return ""
	}
	d := draining{drain: o.Override}
	left, lacking := d.left(s)
	switch {
	case len(lacking) > 0:
		return "not known yet who has it"
	case left > 0:
		return have(left)
	}
	return "drained: no client has it"
}

// shownLost is how many overrides that match nothing are printed with the status.
const shownLost = 10

// lost prints the overrides that match nothing, a line each.
func lost(w io.Writer, all []view.Override) {
	n := 0
	for _, o := range all {
		if o.MatchesNothing == "" {
			continue
		}
		if n++; n <= shownLost {
			fmt.Fprintf(w, "override %s matches nothing: %s\n", clean(o.String()), clean(o.MatchesNothing))
		}
	}
	if n > shownLost {
		fmt.Fprintf(w, "and %d more overrides that match nothing; see grpclbd ctl overrides\n", n-shownLost)
	}
}

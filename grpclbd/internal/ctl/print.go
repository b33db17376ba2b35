package ctl

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/grpclbd/internal/terminal"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
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

// Status prints the balancer and its services, a line each.
func Status(w io.Writer, s view.State) error {
	ready := "ready"
	if !s.Ready {
		ready = "NOT READY: " + strings.Join(s.NotReady, "; ")
	}
	fmt.Fprintf(w, "replica %s, version %s, up for %s, %s\n", clean(s.Replica), clean(s.Version), ago(s.Started, s.At), clean(ready))
	fmt.Fprintf(w, "configuration %s, read %s ago\n", clean(cmp.Or(s.Config.Path, "from flags")), ago(s.Config.Loaded, s.At))
	if s.Config.Error != "" {
		fmt.Fprintf(w, "  a newer one was refused %s ago: %s\n", ago(s.Config.ErrorAt, s.At), clean(s.Config.Error))
	}
	if len(s.Config.Restart) > 0 {
		fmt.Fprintf(w, "  these fields were changed and need a restart: %s\n", clean(strings.Join(s.Config.Restart, ", ")))
	}
	fmt.Fprintf(w, "store %s, %s\n", clean(s.Store.Kind), reached(s))
	fmt.Fprintf(w, "replicas %s\n", clean(replicas(s)))
	lost(w, s.Overrides)
	fmt.Fprintln(w)
	t := newTable(w, "SERVICE", "MODE", "SERVED", "HEALTHY", "KNOWN", "CLIENTS", "CALLS", "NOTES")
	for _, v := range s.Services {
		served, healthy := count(v)
		t.line(v.Name, string(v.Mode), served, healthy, fmt.Sprint(len(v.Backends)), fmt.Sprint(v.Total.Clients), fmt.Sprint(v.Total.Started), notes(s, v))
	}
	return t.Flush()
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

func reached(s view.State) string {
	if s.Store.Reached {
		return "reached"
	}
	return fmt.Sprintf("NOT REACHED for %s: %s\n  lists stay as they are; overrides can't be changed", ago(s.Store.Since, s.At), clean(s.Store.Why))
}

func replicas(s view.State) string {
	var names []string
	for _, r := range s.Replicas {
		names = append(names, r.Name)
	}
	return strings.Join(names, ", ")
}

// count prints how many backends are served, and how many are healthy if they are checked.
func count(v view.Service) (served, healthy string) {
	c := v.Count()
	if !c.Checked() {
		return fmt.Sprint(c.Served), "-"
	}
	return fmt.Sprint(c.Served), fmt.Sprint(c.ByHealth["healthy"])
}

// notes says what an operator should know of a service.
func notes(s view.State, v view.Service) string {
	var all []string
	for _, w := range v.Waiting {
		all = append(all, "waits for "+w)
	}
	all = append(all, v.Guards...)
	for _, src := range v.Sources {
		if src.Error != "" {
			all = append(all, fmt.Sprintf("%s %s fails for %s", src.Kind, src.Name, ago(src.ErrorAt, s.At)))
		}
	}
	if n := len(s.Only(v.Name).Overrides); n > 0 {
		all = append(all, number(n, "override"))
	}
	return strings.Join(all, "; ")
}

// List prints a service: its sources, backends, overrides, and the last changes.
func List(w io.Writer, s view.State, v view.Service) error {
	now := s.At
	fmt.Fprintf(w, "service %s, %s, %s, %s\n", clean(v.Name), clean(string(v.Mode)), number(int64(v.Total.Clients), "client"), number(int64(v.Total.Started), "call"))
	for _, g := range v.Guards {
		fmt.Fprintf(w, "guard: %s\n", clean(g))
	}
	fmt.Fprintln(w)
	t := newTable(w, "SOURCE", "NAME", "READ AGO", "BACKENDS", "FAULT")
	for _, src := range v.Sources {
		fault := src.Error
		if fault != "" {
			fault = fmt.Sprintf("for %s: %s", ago(src.ErrorAt, now), fault)
		}
		t.line(src.Kind, src.Name, ago(src.Said, now), fmt.Sprint(src.Backends), fault)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	t = newTable(w, "BACKEND", "ZONE", "HEALTH", "SINCE", "WEIGHT", "SHARE", "CLIENTS", "REASON")
	for _, b := range v.Backends {
		since := ""
		if !b.Since.IsZero() {
			since = ago(b.Since, now)
		}
		t.line(b.Address, b.Zone, b.Health, since, fmt.Sprint(b.Weight.Used), percent(b.Share), fmt.Sprint(b.Clients), reason(b))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if mine := s.Only(v.Name).Overrides; len(mine) > 0 {
		fmt.Fprintln(w)
		if err := overridesOf(w, s, mine); err != nil {
			return err
		}
	}
	fmt.Fprintln(w)
	for _, c := range v.Changes {
		fmt.Fprintln(w, change(v.Name, c))
	}
	return nil
}

// reason says why a backend is in the lists or not, and what its last bad answer was if that
// does not say it.
func reason(b view.Backend) string {
	if b.Why == "" || strings.Contains(b.Reason, b.Why) {
		return b.Reason
	}
	return b.Reason + "; the last bad answer: " + b.Why
}

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

// change prints one change of a service's lists.
func change(service string, c view.Change) string {
	return fmt.Sprintf("%s %s: from %d to %d backends: %s", c.At.Format(time.RFC3339), clean(service), c.From, c.To, clean(c.Why))
}

// Clients prints the clients of a service, or of all if it is "".
func Clients(w io.Writer, s view.State, service string) error {
	if service != "" {
		s = s.Only(service)
	}
	if len(s.Clients) == 0 {
		_, err := fmt.Fprintln(w, "no client is connected to this replica")
		return err
	}
	t := newTable(w, "CLIENT", "SERVICE", "PEER", "ZONE", "CLASS", "OPEN", "LIST", "HAS", "CALLS")
	for _, c := range s.Clients {
		t.line(fmt.Sprint(c.ID), c.Service, c.Peer, c.Zone, c.Class, ago(c.Opened, s.At), fmt.Sprint(c.Answer), fmt.Sprint(c.Handed), fmt.Sprint(c.Started))
	}
	return t.Flush()
}

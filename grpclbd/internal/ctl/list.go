package ctl

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/view"
)

// List prints a service: its sources, backends, overrides, and the last changes.
func List(w io.Writer, s view.State, v view.Service) error {
	fmt.Fprintf(w, "service %s, %s, %s, %s\n", clean(v.Name), clean(string(v.Mode)), number(v.Total.Clients, "client"), number(v.Total.Started, "call"))
	if v.Empty() {
		fmt.Fprintln(w, emptyList)
	}
	for _, g := range v.Guards {
		fmt.Fprintf(w, "guard: %s\n", clean(g))
	}
	fmt.Fprintln(w)
	if err := sourcesOf(w, v, s.At); err != nil {
		return err
	}
	fmt.Fprintln(w)
	if err := backendsOf(w, v, s.At); err != nil {
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

func sourcesOf(w io.Writer, v view.Service, now time.Time) error {
	t := newTable(w, "SOURCE", "NAME", "READ AGO", "BACKENDS", "FAULT")
	for _, src := range v.Sources {
		fault := src.Error
		if fault != "" {
			fault = fmt.Sprintf("for %s: %s", ago(src.ErrorAt, now), fault)
		}
		t.line(src.Kind, src.Name, ago(src.Said, now), fmt.Sprint(src.Backends), fault)
	}
	return t.Flush()
}

func backendsOf(w io.Writer, v view.Service, now time.Time) error {
	t := newTable(w, "BACKEND", "ZONE", "HEALTH", "SINCE", "WEIGHT", "SHARE", "CLIENTS", "REASON")
	for _, b := range v.Backends {
		since := ""
		if !b.Since.IsZero() {
			since = ago(b.Since, now)
		}
		t.line(b.Address, b.Zone, b.Health, since, fmt.Sprint(b.Weight.Used), percent(b.Share), fmt.Sprint(b.Clients), reason(b))
	}
	return t.Flush()
}

// reason says why a backend is in the lists or not, and what its last bad answer was if that
// does not say it.
func reason(b view.Backend) string {
	if b.Why == "" || strings.Contains(b.Reason, b.Why) {
		return b.Reason
	}
	return b.Reason + "; the last bad answer: " + b.Why
}

// change prints one change of a service's lists.
func change(service string, c view.Change) string {
	return fmt.Sprintf("%s %s: from %d to %d backends: %s", c.At.Format(time.RFC3339), clean(service), c.From, c.To, clean(c.Why))
}

package ctl

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/actorlb/grpclb/grpclbd/internal/store"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
)

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
	fmt.Fprintf(w, "store %s, %s\n", clean(where(s.Store)), reached(s))
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

func reached(s view.State) string {
	if s.Store.Reached {
		return "reached"
	}
	return fmt.Sprintf("NOT REACHED for %s: %s\n  lists stay as they are; overrides can't be changed", ago(s.Store.Since, s.At), clean(s.Store.Why))
}

// where says which etcd is the store.
func where(s view.Store) string {
	if len(s.Members) == 0 {
		return "etcd in this process"
	}
	return "etcd at " + strings.Join(s.Members, ", ")
}

// replicas prints each replica with its clients, and the calls that these have reported.
func replicas(s view.State) string {
	var all []string
	for _, r := range s.Replicas {
		if r.Name == s.Replica {
			r.Services = own(s) // newer than what is in the store
		}
		clients, calls := 0, int64(0)
		for _, t := range r.Services {
			clients += t.Clients
			calls += t.Started
		}
		all = append(all, fmt.Sprintf("%s (%s, %s)", r.Name, number(clients, "client"), number(calls, "call")))
	}
	return strings.Join(all, ", ")
}

func own(s view.State) (all []store.Total) {
	for _, v := range s.Services {
		all = append(all, v.Total)
	}
	return all
}

// count prints how many backends are served, and how many are healthy if they are checked.
func count(v view.Service) (served, healthy string) {
	c := v.Count()
	if !c.Checked() {
		return fmt.Sprint(c.Served), "-"
	}
	return fmt.Sprint(c.Served), fmt.Sprint(c.ByHealth["healthy"])
}

// emptyList says what clients of a service get that has no backend.
const emptyList = "no backend: clients get an empty list"

// notes says what an operator should know of a service.
func notes(s view.State, v view.Service) string {
	var all []string
	for _, w := range v.Waiting {
		all = append(all, "waits for "+w)
	}
	if v.Empty() {
		all = append(all, emptyList)
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

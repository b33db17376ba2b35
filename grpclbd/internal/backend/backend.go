// Package backend has the values that describe backends on their way from a source to the
// clients. All of them are immutable once they are sent.
package backend

import (
	"maps"
	"time"
)

// A Backend is one server of a service, as a source describes it.
type Backend struct {
	Address string            `json:"address"`          // IP:port, the IP in its shortest form: the key by which sources are merged
	Zone    string            `json:"zone,omitempty"`   // "" if the source does not say
	Weight  int               `json:"weight"`           // from 1; what the source says, before measured load and overrides
	Token   string            `json:"token,omitempty"`  // the LB token; at most 42 bytes of printable ASCII
	Labels  map[string]string `json:"labels,omitempty"` // shown, never used to decide
}

// Equal reports whether both are described alike.
func (b Backend) Equal(o Backend) bool {
	return b.Address == o.Address && b.Zone == o.Zone && b.Weight == o.Weight && b.Token == o.Token && maps.Equal(b.Labels, o.Labels)
}

// A Report is what a source says. Either it has Backends, which replace those of the report
// before, or Err is set: then the source could not be read, and what it said last stays true.
//
// A source that has found its backends to be still the same says so in a report with the same
// slice and a new time, so an owner may tell by [Report.Same] that there is nothing to do.
type Report struct {
	Backends  []Backend // sorted by address, each address once; empty and not nil: the source says that there is none
	Withdrawn []string  // sorted: addresses that are not in Backends any more because their servers have said that they leave
	Warning   string    // not "": something of what was read could not be used, and is not in Backends; which, and why
	Err       error
	At        time.Time
}

// Same reports whether the backends of both reports are one slice. If it is false, they may
// still be equal.
func (r Report) Same(as Report) bool {
	if len(r.Backends) != len(as.Backends) || (r.Backends == nil) != (as.Backends == nil) {
		return false
	}
	return len(r.Backends) == 0 || &r.Backends[0] == &as.Backends[0]
}

// Package backend has the values that describe backends on their way from a source to the
// clients. All of them are immutable once they are sent.
package backend

import "time"

// A Backend is one server of a service, as a source describes it.
type Backend struct {
	Address string            // IP:port, the IP in its shortest form: the key by which sources are merged
	Zone    string            // "" if the source does not say
	Weight  int               // from 1; what the source says, before measured load and overrides
	Token   string            // the LB token; at most 49 bytes, without control characters
	Labels  map[string]string // shown, never used to decide
}

// A Report is what a source says. Either it has Backends, which replace those of the report
// before, or Err is set: then the source could not be read, and what it said last stays true.
type Report struct {
	Backends []Backend // sorted by address, each address once; empty and not nil: the source says that there is none
	Err      error
	At       time.Time
}

// Package source finds the backends of a service: in the configuration, a file, DNS or etcd.
//
// Each source is an actor of its own. It tells its owner what it has found, or that it could
// not find out. It never says "none" when it means "I don't know" (rule source.last-known).
package source

import "github.com/actorlb/grpclb/grpclbd/internal/backend"

// An Owner hears what a source says, in order. The methods only post messages.
type Owner interface {
	// SourceSaid: the source with that index among the service's sources has a report.
	SourceSaid(index int, r backend.Report)
}

// Package store keeps what replicas share, in etcd: overrides, what backends registered, and
// each replica's totals. It is an etcd in this process, or a cluster; the code is the same.
package store

import (
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/override"
)

// An Owner hears what is in the store. The methods only post messages.
type Owner interface {
	// OverridesSaid: these are all overrides now. Nothing is said until they were read once.
	OverridesSaid(all []override.Override)
	// ReplicasSaid: these are all replicas now, this one included, sorted by name.
	ReplicasSaid(all []Replica)
	// StoreSaid: the store can be reached again, or no more.
	StoreSaid(s State)
}

// A State is whether the store can be reached. What was read last stays in use (rule
// source.last-known) whatever it says.
type State struct {
	Reached bool
	Since   time.Time
	Why     string // if not Reached: the last error, in words
}

// A Replica is a process that serves the same services, with what it has counted since it
// started. It is kept under a lease: a replica that has died vanishes after some seconds.
type Replica struct {
	Name     string    `json:"name"`
	Started  time.Time `json:"started"`
	Written  time.Time `json:"written"`
	Services []Total   `json:"services"`
}

// A Total is what the clients of a service reported to one replica since it started.
type Total struct {
	Service  string           `json:"service"`
	Clients  int              `json:"clients"` // streams that are open now
	Started  int64            `json:"started"` // calls
	Finished int64            `json:"finished"`
	Failed   int64            `json:"failed"`            // finished with a client failure to send
	Known    int64            `json:"known"`             // finished, known to be received
	Drops    map[string]int64 `json:"drops,omitempty"`   // by token
	Drained  map[string]int   `json:"drained,omitempty"` // drained address → clients that still have it
}

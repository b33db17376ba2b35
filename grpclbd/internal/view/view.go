// Package view has what people and programs can see of a running balancer: the values behind
// the page, the JSON, the metrics and ctl. They are immutable answers of the actors that own
// the facts; nothing is counted in two places.
package view

import (
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/grpclbd/internal/store"
	"github.com/actorlb/grpclb/lbserver"
)

// A State is the whole process at one moment.
type State struct {
	Replica  string          `json:"replica"`
	Version  string          `json:"version"`
	Started  time.Time       `json:"started"`
	At       time.Time       `json:"at"`
	Ready    bool            `json:"ready"`
	NotReady []string        `json:"notReady,omitempty"` // why not, a sentence each
	Stopping bool            `json:"stopping,omitempty"`
	Config   Config          `json:"config"`
	Store    Store           `json:"store"`
	Replicas []store.Replica `json:"replicas"`
	Services []Service       `json:"services"` // by name
	Clients  []Client        `json:"clients"`  // by ID
	// Overrides are all that are in force, also those of services that there are not.
	Overrides []Override `json:"overrides,omitempty"`
	Opening   int        `json:"opening"` // streams that have not named a service yet

	Balancer lbserver.State `json:"-"` // what lbserver says of itself, for its metrics
}

// A Config is which configuration is in force.
type Config struct {
	Path    string    `json:"path"`   // "" if it came from flags
	Loaded  time.Time `json:"loaded"` // when the one in force was read
	Error   string    `json:"error,omitempty"`
	ErrorAt time.Time `json:"errorAt,omitzero"`  // when a newer one was refused
	Restart []string  `json:"restart,omitempty"` // fields that were changed and need a restart
}

// A Store is whether the store can be reached.
type Store struct {
	Kind    string    `json:"kind"` // embedded, cluster
	Members []string  `json:"members,omitempty"`
	Reached bool      `json:"reached"`
	Since   time.Time `json:"since"`
	Why     string    `json:"why,omitempty"`
}

// A Mode is what clients of a service are told.
type Mode string

const (
	Waiting  Mode = "waiting"  // nothing yet: a source has not spoken
	Serving  Mode = "serving"  // server lists
	Fallback Mode = "fallback" // use your fallback addresses
)

// A Service is one service.
type Service struct {
	Name      string              `json:"name"`
	Aliases   []string            `json:"aliases,omitempty"` // other names under which clients may ask
	Mode      Mode                `json:"mode"`
	Waiting   []string            `json:"waiting,omitempty"` // sources that have not spoken yet
	Sources   []Source            `json:"sources"`           // in the order of the configuration
	Backends  []Backend           `json:"backends"`          // by address
	Guards    []string            `json:"guards,omitempty"`  // guards that hold something back now, a sentence each
	Overrides []override.Override `json:"overrides,omitempty"`
	Drops     []Drop              `json:"drops,omitempty"`     // in force, by token
	Classes   []Class             `json:"classes"`             // by name
	Conflicts []string            `json:"conflicts,omitempty"` // addresses that several sources describe differently
	Changes   []Change            `json:"changes,omitempty"`   // the newest first, at most 50
	Changed   int64               `json:"changed"`             // how many changes there were, since the service has been configured
	Total     store.Total         `json:"total"`               // of this replica
}

// A Source is one source of a service.
type Source struct {
	Kind     string    `json:"kind"`          // static, file, dns, etcd
	Name     string    `json:"name"`          // which file, name or prefix
	Said     time.Time `json:"said,omitzero"` // when it last said something that was not an error; zero: never
	Backends int       `json:"backends"`      // how many it named then
	Error    string    `json:"error,omitempty"`
	ErrorAt  time.Time `json:"errorAt,omitzero"`  // since when it fails
	Held     []string  `json:"held,omitempty"`    // addresses that it took away and guard.max-remove keeps
	HeldTill time.Time `json:"heldTill,omitzero"` // when they go
}

// A Backend is one backend of a service, and why clients are sent to it or not.
type Backend struct {
	Address  string            `json:"address"`
	Zone     string            `json:"zone,omitempty"`
	Token    string            `json:"token,omitempty"`
	Labels   map[string]string `json:"labels,omitempty"`
	Source   int               `json:"source"`         // index of the source that describes it
	Health   string            `json:"health"`         // healthy, unhealthy, unknown (no answer yet), unchecked
	Since    time.Time         `json:"since,omitzero"` // of Health
	Why      string            `json:"why,omitempty"`  // of Health: the last bad answer
	Served   bool              `json:"served"`         // clients are sent to it
	Reason   string            `json:"reason"`         // why it is served or not, in words
	Weight   Weight            `json:"weight"`
	Share    float64           `json:"share"`              // of all calls of clients without a class, from 0 to 1
	Clients  int               `json:"clients"`            // connected clients whose newest handed list has it
	Draining bool              `json:"draining,omitempty"` // an override drains it
}

// A Weight is how a backend's weight came about.
type Weight struct {
	Source   int       `json:"source"`             // as the source says
	Load     float64   `json:"load,omitempty"`     // by load; 0: no data
	Measured time.Time `json:"measured,omitzero"`  // when the load was reported
	Override int       `json:"override,omitempty"` // 0: none
	Ramp     int       `json:"ramp"`               // per cent, while the backend starts slowly; 100: whole
	Used     int       `json:"used"`               // in lists
}

// A Class is a group of clients that are told the same.
type Class struct {
	Name    string    `json:"name"` // "": clients without a class
	Zone    string    `json:"zone,omitempty"`
	Clients int       `json:"clients"`
	Answer  uint64    `json:"answer"` // its number
	Since   time.Time `json:"since"`
	Entries []Entry   `json:"entries"`
}

// An Entry is one server of a list, or a drop.
type Entry struct {
	Address string  `json:"address,omitempty"`
	Token   string  `json:"token,omitempty"`
	Drop    bool    `json:"drop,omitempty"`
	Weight  int     `json:"weight"`
	Share   float64 `json:"share"` // from 0 to 1
}

// A Client is one stream of a client.
type Client struct {
	ID       uint64    `json:"id"`
	Service  string    `json:"service"`
	Asked    string    `json:"asked"`
	Peer     string    `json:"peer"`
	Zone     string    `json:"zone,omitempty"`
	ZoneFrom string    `json:"zoneFrom,omitempty"` // address, certificate, header
	Class    string    `json:"class,omitempty"`
	Opened   time.Time `json:"opened"`
	Answer   uint64    `json:"answer"`            // that it is to have
	Handed   uint64    `json:"handed"`            // that its connection has
	Reported time.Time `json:"reported,omitzero"` // when its last report came
	Started  int64     `json:"started"`           // calls, in all its reports
}

// A Change is one change of a service's lists, as the log has it.
type Change struct {
	At   time.Time `json:"at"`
	From int       `json:"from"` // backends served before
	To   int       `json:"to"`
	Why  string    `json:"why"`
}

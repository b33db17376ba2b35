package daemon

import (
	"time"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/directory"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/grpclbd/internal/store"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
)

// A message is what the loop can be told. Who sends what:
//
//	the watcher of the configuration → configured, refused
//	the store                        → overridesSaid, replicasSaid, storeSaid
//	a fleet                          → ready
//	the authorization policy         → policySaid
//	the reviewer                     → reviewed
//	Run                              → stopping
//	admin, the writer of totals      → asked
//
// What can be queued is bounded by how often a file and the store change, and by one question
// at a time of whoever asks.
type message interface{ isMessage() }

// An inbox is where the loop is told things. A message that is not seen comes too late: the
// process ends.
type inbox struct{ *actor.Inbox[message] }

// configured: this is the configuration from now on.
type configured struct {
	cfg *config.Config
	at  time.Time
}

// ConfigSaid makes the inbox the owner of the configuration's watcher.
func (in inbox) ConfigSaid(cfg *config.Config, at time.Time) { in.Send(configured{cfg, at}) }

// refused: there is a newer configuration, and it can't be used.
type refused struct {
	why error
	at  time.Time
}

// ConfigRefused makes the inbox the owner of the configuration's watcher.
func (in inbox) ConfigRefused(why error, at time.Time) { in.Send(refused{why, at}) }

// overridesSaid: these are all overrides now.
type overridesSaid struct{ all []override.Override }

// replicasSaid: these are all replicas now.
type replicasSaid struct{ all []store.Replica }

// storeSaid: the store can be reached again, or no more.
type storeSaid struct{ state store.State }

// OverridesSaid, ReplicasSaid and StoreSaid make the inbox the owner of the store.
func (in inbox) OverridesSaid(all []override.Override) { in.Send(overridesSaid{all}) }
func (in inbox) ReplicasSaid(all []store.Replica)      { in.Send(replicasSaid{all}) }
func (in inbox) StoreSaid(s store.State)               { in.Send(storeSaid{s}) }

// ready: clients may have the service from now on.
type ready struct{ service string }

// FleetReady makes the inbox the owner of the fleets.
func (in inbox) FleetReady(service string) { in.Send(ready{service}) }

// policySaid: another authorization policy is in force.
type policySaid struct{}

// PolicySaid makes the inbox the owner of the policy.
func (in inbox) PolicySaid() { in.Send(policySaid{}) }

// reviewed: connected clients were placed anew in the review of that number.
type reviewed struct {
	number, moved int
	err           error // some were not: why
}

func (in inbox) reviewed(number, moved int, err error) { in.Send(reviewed{number, moved, err}) }

// stopping: clients must not come any more.
type stopping struct{}

// asked: what is there to see, but for what fleets and the balancer know?
type asked struct{ reply chan<- known } // has room for it

// known is the daemon's part of a state, and the fleets that have theirs.
type known struct {
	state     view.State
	overrides []override.Override
	fleets    []directory.Entry // by name
}

func (configured) isMessage()    {}
func (refused) isMessage()       {}
func (overridesSaid) isMessage() {}
func (replicasSaid) isMessage()  {}
func (storeSaid) isMessage()     {}
func (ready) isMessage()         {}
func (policySaid) isMessage()    {}
func (reviewed) isMessage()      {}
func (stopping) isMessage()      {}
func (asked) isMessage()         {}

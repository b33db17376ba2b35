package fleet

import (
	"log/slog"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/memory"
	"github.com/actorlb/grpclb/grpclbd/internal/observe"
	"github.com/actorlb/grpclb/grpclbd/internal/source"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
	"github.com/actorlb/grpclb/lbserver"
)

// A Balancer is told the answers. [lbserver.Balancer] is one. None of its methods may wait for a
// hook of the balancer, because hooks wait for the fleet.
type Balancer interface {
	SetServersFor(service, class string, servers []lbserver.Server) error
	SetFallbackFor(service, class string) error
	RemoveFor(service, class string)
	Remove(service string)
	Answers(service string) []lbserver.AnswerState
}

// Deps are what a fleet needs besides its configuration and the balancer.
type Deps struct {
	Log      *slog.Logger
	Owner    Owner
	Sources  Sources
	Watchers Watchers
	Memories Memories // nil: nothing is known from before the start, and nothing is kept
	Pushes   Pushes   // nil: nobody wants to know
}

// An Owner hears of a fleet. The methods only post messages.
type Owner interface {
	// FleetReady: clients may have the service from now on. It is said once.
	FleetReady(service string)
}

// Pushes hears of each change of a service's lists, with the answers that clients are to have
// from then on. The method only posts a message.
type Pushes interface {
	Pushed(service string, change view.Change, answers []lbserver.AnswerState)
}

// Memories starts memories.
type Memories interface {
	StartMemory(service string, owner memory.Owner) Memory
}

// A Memory tells its owner what the sources said before the start, and keeps what they say for the next one.
type Memory interface {
	Keep(all []memory.Said) // in place of what was kept before
	Stop()
}

// Sources starts sources.
type Sources interface {
	StartSource(cfg config.Source, index int, owner source.Owner) Source
}

// A Source speaks to its owner until it is stopped.
type Source interface{ Stop() }

// Watchers starts watchers of backends.
type Watchers interface {
	StartWatcher(health *config.Health, load *config.Load, owner observe.Owner) Watcher
}

// A Watcher observes backends and speaks to its owner until it is stopped.
type Watcher interface {
	Watch(addresses []string) // in place of those before
	Stop()
}

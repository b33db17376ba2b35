package daemon

import (
	"log/slog"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
)

// An action is what the loop has to do.
type action interface{ isAction() }

// start: the service gets a fleet.
type start struct{ service config.Service }

// configure: the fleet of the service gets another configuration.
type configure struct{ service config.Service }

// list: the directory has the services that run now, and clients that ask for these names get these
// services.
type list struct{ names map[string]string }

// review: connected clients are placed anew. The number comes back when that is done.
type review struct{ number int }

// stop: the fleet of that service ends.
type stop struct{ name string }

// tell: every fleet hears of these overrides.
type tell struct{ all []override.Override }

// serve: the health service says from now on whether clients may come.
type serve struct{ now bool }

// inform and warn: a line in the log, with keys and values.
type inform struct {
	text string
	with []slog.Attr
}
type warn struct {
	text string
	with []slog.Attr
}

func (start) isAction()     {}
func (configure) isAction() {}
func (list) isAction()      {}
func (review) isAction()    {}
func (stop) isAction()      {}
func (tell) isAction()      {}
func (serve) isAction()     {}
func (inform) isAction()    {}
func (warn) isAction()      {}

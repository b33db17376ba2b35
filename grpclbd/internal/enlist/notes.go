package enlist

import (
	"context"
	"errors"
)

func (r *runner) noteSignal(another bool) {
	if another {
		r.Log.Info("another signal came; the command gets it at once", "signal", r.signal)
	} else {
		r.Log.Info("a signal came; the command gets it after the withdrawal", "signal", r.signal)
	}
}

func (r *runner) noteHealth(core *core, before bool, err error) {
	switch {
	case core.ending():
	case before && !core.healthy:
		r.Log.Warn("the server is unhealthy", "why", err)
	case !before && core.healthy:
		r.Log.Info("the server is healthy")
	}
}

func (r *runner) noteEntered(err error) {
	switch {
	case err == nil:
		r.Log.Info("the server is registered")
	case !errors.Is(err, context.Canceled):
		r.Log.Warn("the server could not be registered; that is tried again", "why", err)
	}
}

func (r *runner) noteLeft(err error) {
	switch {
	case err == nil:
		r.Log.Info("the server is withdrawn")
	case !errors.Is(err, context.Canceled):
		r.Log.Warn("the server could not be withdrawn; its registration ends with its lease", "why", err)
	}
}

package source

import (
	"fmt"
	"slices"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

// A word is what a source has said. It is the part of the cores that all kinds share.
type word struct {
	last    backend.Report // the last one that was no error
	failing string         // the error that was told since; "": none
}

// read returns what to tell when the source was read.
func (w *word) read(now time.Time, all []backend.Backend, warning string) backend.Report {
	all = backend.Sorted(all)
	if w.last.Backends != nil && slices.EqualFunc(all, w.last.Backends, backend.Backend.Equal) {
		all = w.last.Backends // the same slice says that nothing has changed
	}
	w.last, w.failing = backend.Report{Backends: all, Warning: warning, At: now}, ""
	return w.last
}

// still returns what to tell when the source was found not to have changed.
func (w *word) still(now time.Time) backend.Report {
	w.last.At, w.failing = now, ""
	return w.last
}

// failed returns what to tell when the source could not be read: nothing (false) if that has
// been told.
func (w *word) failed(now time.Time, err error) (backend.Report, bool) {
	if w.failing == err.Error() {
		return backend.Report{}, false
	}
	w.failing = err.Error()
	return backend.Report{Err: err, At: now}, true
}

// complete returns b with what the source says about backends that do not say it themselves,
// or an error that says what is wrong with b.
func complete(b backend.Backend, cfg config.Source) (backend.Backend, error) {
	if b.Zone == "" {
		b.Zone = cfg.Zone
	}
	if b.Weight == 0 {
		b.Weight = cfg.Weight
	}
	if b.Token == "" {
		b.Token = cfg.Token
	}
	return backend.Normal(b)
}

// tooMany returns an error if n backends are more than a source may have.
func tooMany(n int) error {
	if n > backend.MaxBackends {
		return fmt.Errorf("%d backends are more than %d", n, backend.MaxBackends)
	}
	return nil
}

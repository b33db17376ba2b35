package source

import (
	"errors"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

// static returns all that a static source ever says.
func static(cfg config.Source) backend.Report {
	faults := []error{tooMany(len(cfg.Static))}
	var all []backend.Backend
	for _, address := range cfg.Static {
		b, err := complete(backend.Backend{Address: address}, cfg)
		all, faults = append(all, b), append(faults, err)
	}
	if err := errors.Join(faults...); err != nil {
		return backend.Report{Err: err, At: time.Now()}
	}
	return (&word{}).read(time.Now(), all, "")
}

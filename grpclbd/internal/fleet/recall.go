package fleet

import (
	"fmt"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/memory"
)

// The rule guard.start: what was in force of each source is kept in a file, for the next start. If a
// source then names fewer backends than that by more than maxRemove per cent, those that are missing
// are held, as by the rule guard.max-remove. One that names as many others is believed: they may have
// been replaced meanwhile.

// A recall is what is known from before the start.
type recall struct {
	known bool
	state memory.State    // until the first sources are told
	first *config.Service // the configuration that came before it was known; nil: none
}

// A recalledSource is what was in force of a source before the start.
type recalledSource struct {
	backends []backend.Backend
	at       time.Time // when it was still so; zero: nothing is known
}

// recalled takes what is known from before the start.
func (c *core) recalled(s memory.State) {
	c.recall.known, c.recall.state = true, s
	if c.recall.first != nil {
		c.configure(*c.recall.first)
		c.recall.first = nil
	}
}

// tell tells the first sources what was in force of them. Sources that are configured later have
// nothing from before the start.
func (r *recall) tell(sources []*entry) {
	for _, e := range sources {
		for _, said := range r.state.Sources {
			if e.isKept() && said.Source == e.key() {
				e.before = recalledSource{said.Backends, r.state.At}
			}
		}
	}
	r.state = memory.State{}
}

// keep has kept what is in force of each source, or was before the start if it has not spoken.
func (c *core) keep() {
	said := []memory.Said{}
	for _, e := range c.book.sources {
		in := e.inForce
		if !e.spoken {
			in = e.before.backends
		}
		if e.isKept() && len(in) > 0 {
			said = append(said, memory.Said{Source: e.key(), Backends: in})
		}
	}
	c.do(keep{said})
}

// isKept reports whether what a source says is kept. What a static one says is in the configuration.
func (e *entry) isKept() bool { return len(e.cfg.Static) == 0 }

// key is what the source is known by in the file.
func (e *entry) key() string {
	if e.cfg.Resolve != "" {
		return e.String() + " at " + e.cfg.Resolve
	}
	return e.String()
}

// shrunk reports whether a first report names fewer backends than there were by more than so many
// per cent.
func (s recalledSource) shrunk(said, percent int) bool {
	before := len(s.backends)
	return 100*(before-said) > percent*before
}

// beforeStart says, for a sentence, since when backends that are held are known; "": the source has named
// them since the start.
func (e *entry) beforeStart(now time.Time) string {
	if e.before.at.IsZero() {
		return ""
	}
	return fmt.Sprintf(" since the balancer ran last, %v ago", max(now.Sub(e.before.at), 0).Round(time.Second))
}

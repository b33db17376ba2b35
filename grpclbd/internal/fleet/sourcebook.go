package fleet

import (
	"cmp"
	"reflect"
	"slices"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/source"
)

// A sourcebook has what each source said last.
//
// A source that the configuration has lost stays in the book, as leaving, while one that is
// in the configuration has not spoken: a service that changes its source does not lose its backends
// for the time until the new one has spoken.
type sourcebook struct {
	sources []*entry // in the order of the configuration
	leaving []*entry
	slots   int // the last one that was given; never used again
}

// An entry is one source.
type entry struct {
	slot       int
	cfg        config.Source
	kind, name string

	spoken   bool                 // it has said something that was not an error
	before   recalledSource       // what was in force of it before the start; until it has spoken, and while some of that is held
	last     backend.Report       // what it said last
	warning  string               // what it could not use of that; "": nothing
	inForce  []backend.Backend    // what it said last, and those that are held; sorted by address
	held     map[string]time.Time // address → when it goes
	losses   map[string]loss      // address → when it was taken away and not held
	heldTill time.Time            // when the first of them goes; zero: none is held
	err      string               // "": it can be read
	errAt    time.Time

	complain   time.Time // when to log that it fails; zero: it does not, or that is done
	complained bool      // it was logged that it fails
	logged     time.Time // when that was
	warned     time.Time // when a warning was logged last
	holdLogged time.Time // when it was logged last that backends are held
}

// configure takes the sources of a configuration and returns those that are new and those
// that are gone. An equal source stays as it is, wherever it stands.
func (b *sourcebook) configure(all []config.Source) (started, stopped []*entry) {
	rest := b.sources
	b.sources = nil
	for _, cfg := range all {
		i := slices.IndexFunc(rest, func(e *entry) bool { return reflect.DeepEqual(e.cfg, cfg) })
		if i >= 0 {
			b.sources = append(b.sources, rest[i])
			rest = slices.Delete(rest, i, i+1)
			continue
		}
		b.slots++
		kind, name := source.Describe(cfg)
		e := &entry{slot: b.slots, cfg: cfg, kind: kind, name: name, held: map[string]time.Time{}, losses: map[string]loss{}}
		b.sources = append(b.sources, e)
		started = append(started, e)
	}
	b.leaving = append(b.leaving, rest...)
	return started, rest
}

// part forgets the sources that are leaving, once all others have spoken.
func (b *sourcebook) part() (forgotten bool) {
	if len(b.leaving) == 0 || len(b.silent()) > 0 {
		return false
	}
	b.leaving = nil
	return true
}

// silent returns the sources that have not spoken yet, in words.
func (b *sourcebook) silent() (names []string) {
	for _, e := range b.sources {
		if !e.spoken {
			names = append(names, e.String())
		}
	}
	return names
}

// all returns the sources, the one whose word counts more before the other.
func (b *sourcebook) all() []*entry { return append(slices.Clone(b.sources), b.leaving...) }

// of returns the source of a slot, or nil: it may have been stopped.
func (b *sourcebook) of(slot int) *entry {
	i := slices.IndexFunc(b.sources, func(e *entry) bool { return e.slot == slot })
	if i < 0 {
		return nil
	}
	return b.sources[i]
}

// String is how the log and the page call the source.
func (e *entry) String() string { return e.kind + " " + e.name }

// again reports whether a report says the same as the one before, and notes when that was. It
// is so with most: a source says in each of its rounds that nothing has changed.
func (e *entry) again(r backend.Report) bool {
	if !e.spoken || len(e.held) > 0 || !e.last.Same(r) {
		return false
	}
	e.last, e.err, e.errAt = r, "", time.Time{}
	return true
}

// failed notes that the source could not be read. What it said last stays (rule
// source.last-known).
func (e *entry) failed(err error, at time.Time) {
	if e.err == "" {
		e.errAt = at
	}
	e.err = err.Error()
}

func byAddress(a, b backend.Backend) int { return cmp.Compare(a.Address, b.Address) }

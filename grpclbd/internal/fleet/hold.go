package fleet

import (
	"slices"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

// The rule guard.max-remove: of a report that takes away more than maxRemove per cent of what
// is in force of its source, those that are taken away are held. They stay in force until
// the time is over, an operator confirms, the source names them again, or a report takes away
// no more than is allowed. Backends that are excused, since they are unhealthy or drained or have
// withdrawn by themselves, do not count and are not held.

// hear takes a report and returns how many backends are held that were not.
func (e *entry) hear(r backend.Report, g config.Guard, excused func(address string) bool, now time.Time) (held int) {
	doubted := true
	if !e.spoken {
		e.inForce, doubted = e.before.backends, e.before.shrunk(len(r.Backends), g.MaxRemove)
		e.before.backends = nil
	}
	e.spoken, e.last, e.err, e.errAt = true, r, "", time.Time{}
	before := e.held
	kept := e.missing(r.Backends, excused)
	e.held = make(map[string]time.Time)
	if doubted && 100*len(kept) > g.MaxRemove*len(e.inForce) {
		for _, b := range kept {
			until, was := before[b.Address]
			if !was {
				until = now.Add(g.Hold)
				held++
			}
			e.held[b.Address] = until
		}
	} else {
		kept = nil
	}
	e.inForce = append(slices.Clone(r.Backends), kept...)
	slices.SortFunc(e.inForce, byAddress)
	e.heldNow()
	return held
}

// missing returns what is in force and not in the report, without those that are excused.
func (e *entry) missing(said []backend.Backend, excused func(string) bool) (missing []backend.Backend) {
	named := make(map[string]bool, len(said))
	for _, b := range said {
		named[b.Address] = true
	}
	for _, b := range e.inForce {
		if !named[b.Address] && !excused(b.Address) {
			missing = append(missing, b)
		}
	}
	return missing
}

// letGo takes those that are held and may go out of force, and returns how many.
func (e *entry) letGo(may func(address string, until time.Time) bool) int {
	before := len(e.held)
	if before == 0 {
		return 0
	}
	e.inForce = slices.DeleteFunc(slices.Clone(e.inForce), func(b backend.Backend) bool {
		until, held := e.held[b.Address]
		if !held || !may(b.Address, until) {
			return false
		}
		delete(e.held, b.Address)
		return true
	})
	e.heldNow()
	return before - len(e.held)
}

// prolong has those that are held go so much later.
func (e *entry) prolong(by time.Duration) {
	for address, until := range e.held {
		e.held[address] = until.Add(by)
	}
	e.heldNow()
}

// heldNow notes what follows from which are held.
func (e *entry) heldNow() {
	e.heldTill = time.Time{}
	for _, until := range e.held {
		if e.heldTill.IsZero() || until.Before(e.heldTill) {
			e.heldTill = until
		}
	}
	if len(e.held) == 0 {
		e.before = recalledSource{}
	}
}

// heldAddresses returns those that are held, sorted.
func (e *entry) heldAddresses() (all []string) {
	for address := range e.held {
		all = append(all, address)
	}
	slices.Sort(all)
	return all
}

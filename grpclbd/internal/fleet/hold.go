package fleet

import (
	"maps"
	"slices"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

// The rule guard.max-remove: if a source takes away more than maxRemove per cent of what is in force of
// it, at once or within the window, those that this report takes away are held. They stay in force until
// the time is over, an operator confirms, or the source names them again. Backends that are excused,
// since they are unhealthy or drained or have withdrawn by themselves, do not count and are not held.

// window is how long a backend counts that was taken away and not held.
const window = 10 * time.Second

// A loss is a backend that was taken away and not held.
type loss struct {
	at    time.Time
	among int // how many were in force then, this one included
}

// hear takes a report and returns how many backends are held that were not.
func (e *entry) hear(r backend.Report, g config.Guard, excused func(address string) bool, now time.Time) (held int) {
	doubted := true
	if !e.spoken {
		e.inForce, doubted = e.before.backends, e.before.shrunk(len(r.Backends), g.MaxRemove)
		e.before.backends = nil
	}
	e.spoken, e.last, e.err, e.errAt = true, r, "", time.Time{}
	e.forgetLosses(r.Backends, now)
	before, among := e.held, len(e.inForce)
	missing := e.missing(r.Backends, excused)
	doubted = doubted && e.tooMany(len(missing), g.MaxRemove)
	kept := missing[:0]
	e.held = make(map[string]time.Time)
	for _, b := range missing {
		until, was := before[b.Address]
		switch {
		case was && g.MaxRemove < 100:
		case doubted:
			until = now.Add(g.Hold)
			held++
		default:
			e.losses[b.Address] = loss{now, among}
			continue
		}
		e.held[b.Address] = until
		kept = append(kept, b)
	}
	e.inForce = append(slices.Clone(r.Backends), kept...)
	slices.SortFunc(e.inForce, byAddress)
	e.heldNow()
	return held
}

// forgetLosses forgets the losses that are older than the window, and those of backends that are named again.
func (e *entry) forgetLosses(said []backend.Backend, now time.Time) {
	for _, b := range said {
		delete(e.losses, b.Address)
	}
	maps.DeleteFunc(e.losses, func(_ string, l loss) bool { return now.Sub(l.at) >= window })
}

// tooMany reports whether so many missing ones are too many: of those that are in force, or together with the
// losses of the window, of the most that were in force in it.
func (e *entry) tooMany(missing, percent int) bool {
	most := len(e.inForce)
	for _, l := range e.losses {
		most = max(most, l.among)
	}
	return 100*missing > percent*len(e.inForce) || missing > 0 && 100*(missing+len(e.losses)) > percent*most
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

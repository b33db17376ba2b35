package fleet

import (
	"maps"
	"slices"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
)

// A twin decides the same as a core, as simply as can be: it computes each class's shares of all
// calls anew from maps, and knows nothing of lists, weights in whole numbers and batches.
type twin struct {
	cfg       config.Service
	known     [2]map[string]backend.Backend // from before the start
	said      [2]map[string]backend.Backend // nil: not yet
	held      [2]map[string]time.Time
	kept      [2]map[string]backend.Backend // as it was when its source took it away
	lost      [2][]lost
	health    map[string]string
	served    map[string]bool
	hopeful   map[string]bool // nothing is known of it, and it counts as healthy
	overrides []override.Override
}

// A lost backend was taken away and not held.
type lost struct {
	address string
	at      time.Time
	of      int // so many were in force
}

func (w *twin) inForce(source int) map[string]backend.Backend {
	all := maps.Clone(w.said[source])
	for address := range w.held[source] {
		all[address] = w.kept[source][address]
	}
	return all
}

func (w *twin) hears(source int, r backend.Report, now time.Time) {
	first, before := w.said[source] == nil, w.known[source]
	if !first {
		before = w.inForce(source)
	}
	said := map[string]backend.Backend{}
	for _, b := range r.Backends {
		said[b.Address] = b
	}
	missing := map[string]time.Time{}
	for address := range before {
		if _, there := said[address]; !there && w.health[address] != "bad" && !w.drained(address) && !slices.Contains(r.Withdrawn, address) {
			missing[address] = now.Add(w.cfg.Guard.Hold)
			if until, held := w.held[source][address]; held {
				missing[address] = until
			}
		}
	}
	share := float64(w.cfg.Guard.MaxRemove) / 100
	in, gone := len(before), len(missing)
	for _, l := range w.lost[source] {
		if _, back := said[l.address]; !back && now.Sub(l.at) < 10*time.Second {
			in, gone = max(in, l.of), gone+1
		}
	}
	w.lost[source] = slices.DeleteFunc(w.lost[source], func(l lost) bool { _, back := said[l.address]; return back })
	few := float64(len(missing)) <= share*float64(len(before)) && float64(gone) <= share*float64(in)
	if few || first && float64(len(before)-len(said)) <= share*float64(len(before)) {
		for address := range missing {
			if _, held := w.held[source][address]; !held || share == 1 {
				delete(missing, address)
				w.lost[source] = append(w.lost[source], lost{address, now, len(before)})
			}
		}
	}
	w.said[source], w.held[source] = said, missing
	w.kept[source] = before
}

// frees lets go what is held no longer.
func (w *twin) frees(now time.Time, confirmed bool) {
	for i := range w.held {
		if confirmed {
			w.lost[i] = nil
		}
		maps.DeleteFunc(w.held[i], func(address string, until time.Time) bool {
			return confirmed || !now.Before(until) || w.health[address] == "bad" || w.drained(address)
		})
	}
}

func (w *twin) effective(kind override.Kind, subject string) (value int, there bool) {
	for _, service := range []string{"", "svc"} {
		for _, o := range w.overrides {
			if o.Service == service && o.Kind == kind && o.Subject() == subject {
				value, there = o.Value, true
			}
		}
	}
	return value, there
}

func (w *twin) drained(address string) bool {
	_, drained := w.effective(override.Drain, address)
	return drained
}

// merged returns the backends; the first source's word counts more, but not what it only holds.
func (w *twin) merged() map[string]backend.Backend {
	all := map[string]backend.Backend{}
	for _, firm := range []bool{true, false} {
		for i := range w.said {
			for address, b := range w.inForce(i) {
				_, held := w.held[i][address]
				if _, there := all[address]; !there && held != firm {
					all[address] = b
				}
			}
		}
	}
	return all
}

// decides settles who is served.
func (w *twin) decides() map[string]backend.Backend {
	all := w.merged()
	maps.DeleteFunc(w.health, func(a string, _ string) bool { _, there := all[a]; return !there })
	maps.DeleteFunc(w.hopeful, func(a string, _ bool) bool { _, there := all[a]; return !there || w.health[a] != "" })
	good, bad, hopeful := 0, 0, 0
	for a := range all {
		switch {
		case w.drained(a):
		case w.health[a] == "good":
			good++
		case w.health[a] == "bad":
			bad++
		case w.hopeful[a]:
			hopeful++
		}
	}
	sum := float64(good + bad + hopeful)
	everybody := w.cfg.Health == nil || sum == 0 || float64(good+hopeful)/sum < float64(w.cfg.Guard.MinHealthy)/100
	for a := range all {
		if (w.cfg.Health == nil || sum == 0) && w.health[a] == "" {
			w.hopeful[a] = true
		}
		ok := everybody || w.health[a] == "good" || w.hopeful[a]
		w.served[a] = ok && !w.drained(a)
	}
	return all
}

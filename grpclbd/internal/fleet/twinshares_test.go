package fleet

import (
	"math"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/lbserver"
)

// shares returns the share of all calls of each backend and drop, for clients of a zone.
func (w *twin) shares(all map[string]backend.Backend, zone string) map[string]float64 {
	if _, fallback := w.effective(override.Fallback, ""); fallback {
		return map[string]float64{"fallback": 1}
	}
	parts := [2]map[string]float64{{}, {}}
	for g := range parts {
		group := map[string]backend.Backend{}
		for a, b := range all {
			isCanary := w.cfg.Canary != nil && b.Labels["v"] == "2"
			if isCanary == (g == canary) {
				group[a] = b
			}
		}
		parts[g] = w.spill(group, zone)
	}
	share := 0.0
	if w.cfg.Canary != nil {
		share = float64(w.cfg.Canary.Percent) / 100
	}
	if len(parts[stable]) == 0 {
		share = 1
	} else if len(parts[canary]) == 0 {
		share = 0
	}
	calls := map[string]float64{}
	add(calls, parts[stable], 1-share)
	add(calls, parts[canary], share)
	if len(calls) == 0 {
		return calls
	}
	drops := w.drops()
	dropped := 0.0
	for _, d := range drops {
		dropped += d
	}
	result := map[string]float64{}
	add(result, calls, max(1-dropped, 0))
	add(result, drops, 1/max(dropped, 1))
	return result
}

func add(to, shares map[string]float64, factor float64) {
	for name, share := range shares {
		if share*factor > 0 {
			to[name] += share * factor
		}
	}
}

func (w *twin) drops() map[string]float64 {
	all := map[string]float64{}
	for _, d := range w.cfg.Drops {
		all["drop "+d.Token] = float64(d.Percent) / 100
	}
	for _, token := range []string{"shed", "more"} {
		if percent, there := w.effective(override.Drop, token); there {
			all["drop "+token] = float64(percent) / 100
		}
	}
	return all
}

func (w *twin) spill(group map[string]backend.Backend, zone string) map[string]float64 {
	var own, far = map[string]float64{}, map[string]float64{}
	healthy, whole := 0.0, 0.0
	for a, b := range group {
		weight := float64(b.Weight)
		if v, there := w.effective(override.Weight, a); there {
			weight = float64(v)
		}
		near := zone != "" && b.Zone == zone
		if near {
			whole += weight
		}
		switch {
		case !w.served[a]:
		case near:
			healthy += weight
			own[a] = weight
		default:
			far[a] = weight
		}
	}
	kept := 0.0
	if whole > 0 {
		kept = min(healthy/whole/(float64(w.cfg.Zones.Spill)/100), 1)
	}
	if len(far) == 0 {
		kept = 1
	}
	shares := map[string]float64{}
	add(shares, normal(own), kept)
	add(shares, normal(far), 1-kept)
	return shares
}

// normal divides by the sum.
func normal(weights map[string]float64) map[string]float64 {
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	shares := map[string]float64{}
	for a, w := range weights {
		shares[a] = w / sum
	}
	return shares
}

// sharesOf returns the shares that a list gives.
func sharesOf(a lbserver.AnswerState) map[string]float64 {
	if a.Fallback {
		return map[string]float64{"fallback": 1}
	}
	all := map[string]float64{}
	for _, e := range entries(a.Servers) {
		if e.Drop {
			all["drop "+e.Token] += e.Share
		} else {
			all[e.Address] += e.Share
		}
	}
	return all
}

func close2(a, b map[string]float64) bool {
	if len(a) != len(b) {
		return false
	}
	for name, share := range a {
		if math.Abs(share-b[name]) > 1e-6 {
			return false
		}
	}
	return true
}

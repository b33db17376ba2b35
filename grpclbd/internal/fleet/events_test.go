package fleet

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
)

func (h *history) backends() (all []backend.Backend) {
	for i := range 6 {
		if h.IntN(3) > 0 {
			all = append(all, be(letter(i), fmt.Sprintf("zone=z%d", h.IntN(3)), fmt.Sprintf("weight=%d", 1+h.IntN(4)), fmt.Sprintf("v=%d", 1+h.IntN(2))))
		}
	}
	return all
}

func (h *history) config() config.Service {
	cfg := config.Service{
		Sources: []config.Source{{DNS: "one"}, {DNS: "two"}},
		Guard:   config.Guard{MinHealthy: 10 * h.IntN(10), MaxRemove: 10 * h.IntN(11), Hold: 10 * time.Second},
		Zones:   &config.Zones{Spill: 1 + h.IntN(100)},
	}
	if h.IntN(2) == 0 {
		cfg.Canary = &config.Canary{Label: "v=2", Percent: h.IntN(5) * 25}
	}
	if h.IntN(3) == 0 {
		cfg.Drops = []config.Drop{{Token: "shed", Percent: 1 + h.IntN(60)}}
	}
	if h.IntN(4) > 0 {
		cfg.Health = &config.Health{}
	}
	return cfg
}

func (h *history) someOverrides() (all []override.Override) {
	for range h.IntN(5) {
		o := override.Override{Service: []string{"", "svc", "another"}[h.IntN(3)], Address: letter(h.IntN(6)), Token: []string{"shed", "more"}[h.IntN(2)]}
		switch h.IntN(5) {
		case 0, 1:
			o.Kind = override.Drain
		case 2:
			o.Kind, o.Value = override.Weight, 1+h.IntN(9)
		case 3:
			o.Kind, o.Value = override.Drop, 1+h.IntN(70)
		case 4:
			o.Kind = override.Fallback
			if h.IntN(3) > 0 {
				continue
			}
		}
		same := func(p override.Override) bool {
			return p.Service == o.Service && p.Kind == o.Kind && p.Subject() == o.Subject()
		}
		if !slices.ContainsFunc(all, same) {
			if h.IntN(3) == 0 {
				o.Until = h.bench.now.Add(time.Duration(h.IntN(20)) * time.Second)
			}
			all = append(all, o)
		}
	}
	return all
}

// step has something happen, at both.
func (h *history) step() {
	b, w := h.bench, h.twin
	switch h.IntN(8) {
	case 0, 1:
		source, r := h.IntN(2), backend.Report{Backends: h.backends(), At: b.now}
		for i := range 6 {
			if h.IntN(4) == 0 {
				r.Withdrawn = append(r.Withdrawn, letter(i))
			}
		}
		h.note("source %d says %v, withdrawn %v", source, r.Backends, r.Withdrawn)
		w.hears(source, r, b.now)
		b.sourceSaid(source+1, r, b.now)
	case 2:
		b.fails(1+h.IntN(2), errors.New("no answer"))
	case 3, 4:
		address, good := letter(h.IntN(6)), h.IntN(5) > 1
		h.note("%s is healthy: %v", address, good)
		if _, there := b.roster.members[address]; there && w.cfg.Health != nil {
			w.health[address] = map[bool]string{true: "good", false: "bad"}[good]
		}
		b.checked(good, []string{address})
	case 5:
		w.overrides = h.someOverrides()
		h.note("overrides %v", w.overrides)
		b.overridesSaid(w.overrides, b.now)
	case 6:
		confirmed := h.IntN(3) == 0
		if confirmed {
			h.note("confirmed")
			b.confirm()
			w.frees(b.now, true)
		}
	case 7:
		w.cfg = h.config()
		h.note("configuration %+v", w.cfg)
		if w.cfg.Health == nil {
			clear(w.health)
		}
		cfg := w.cfg
		cfg.Name = "svc"
		b.configure(cfg)
	}
	h.live(0)
	if h.IntN(4) == 0 {
		h.live(time.Duration(h.IntN(8)) * time.Second)
	}
}

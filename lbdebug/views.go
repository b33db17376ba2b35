package lbdebug

import (
	"bytes"
	"cmp"
	"context"
	"embed"
	"encoding/json"
	"html/template"
	"maps"
	"slices"
	"strconv"

	"github.com/actorlb/grpclb"
	"github.com/actorlb/grpclb/internal/registry"
	"github.com/actorlb/grpclb/internal/webpage"
)

//go:embed pages
var files embed.FS

var pages = webpage.Parse(files, template.FuncMap{"inFlight": inFlight, "ready": ready})

func pageOf(q webpage.Query) webpage.Page { return webpage.PageOf(q, "all channels") }

// An overview shows channels, a line each.
type overview struct {
	webpage.Page
	Part     webpage.Part
	Channels []channel
}

func overviewOf(ctx context.Context, q webpage.Query) overview {
	members := registry.Live.Members()
	o := overview{Page: pageOf(q), Part: q.Part("page", len(members))}
	o.Channels = describeAll(ctx, members[o.Part.From:o.Part.To])
	return o
}

// A gone page says that there is no channel with this number.
type gone struct {
	webpage.Page
	Number uint64
}

// A detail page shows one channel.
type detail struct {
	webpage.Page
	Number uint64
	*grpclb.State
	Link         string       // to channelz; empty: none
	States       []count      // of the backends
	Chosen       string       // the state whose backends are shown; empty: all
	Part         webpage.Part // of the chosen backends
	Shown        []grpclb.BackendState
	EntriesPart  webpage.Part
	EntriesShown []grpclb.EntryState
	Settings     string
}

func (h *handler) detail(q webpage.Query, c channel) detail {
	d := detail{Page: pageOf(q), Number: c.Number, State: c.State, Chosen: q.Get("state")}
	if h.channelz != "" {
		d.Link = h.channelz + strconv.FormatInt(c.State.Channelz, 10)
	}
	d.States = statesOf(c.State.Backends)
	chosen := slices.DeleteFunc(slices.Clone(c.State.Backends), func(b grpclb.BackendState) bool {
		return d.Chosen != "" && b.State != d.Chosen
	})
	slices.SortStableFunc(chosen, func(a, b grpclb.BackendState) int { return cmp.Compare(unused(a), unused(b)) })
	d.Part = q.Part("backends", len(chosen))
	d.Shown = chosen[d.Part.From:d.Part.To]
	if l := c.State.List; l != nil && q.Has("entries") {
		d.EntriesPart = q.Part("entries", len(l.Entries))
		d.EntriesShown = l.Entries[d.EntriesPart.From:d.EntriesPart.To]
	}
	d.Settings = indented(c.State.Config.Values)
	return d
}

// unused is 1 for a backend that no generation uses, else 0. On a page it comes after the others.
func unused(b grpclb.BackendState) int {
	if len(b.Generations) == 0 {
		return 1
	}
	return 0
}

// FallbackShown returns the fallback addresses that are shown, and FallbackMore how many there
// are besides.
func (d detail) FallbackShown() []string {
	all := d.State.Mode.Fallback
	return all[:min(len(all), webpage.PageSize)]
}

func (d detail) FallbackMore() int { return len(d.State.Mode.Fallback) - len(d.FallbackShown()) }

// A count is how many backends are in a state.
type count struct {
	State string
	N     int
}

// statesOf counts the backends by state.
func statesOf(all []grpclb.BackendState) (counts []count) {
	n := map[string]int{}
	for _, b := range all {
		n[b.State]++
	}
	for _, state := range slices.Sorted(maps.Keys(n)) {
		counts = append(counts, count{state, n[state]})
	}
	slices.SortStableFunc(counts, func(a, b count) int { return cmp.Compare(b.N, a.N) })
	return counts
}

// inFlight returns how many calls of a channel are not over.
func inFlight(s *grpclb.State) (n int64) {
	for _, g := range s.Generations {
		n += g.InFlight
	}
	return n
}

// A readiness is how many of a channel's backends are READY.
type readiness struct{ N, Of int }

// ready counts the backends that the channel uses, without those that it has replaced.
func ready(s *grpclb.State) (r readiness) {
	for _, b := range s.Backends {
		if unused(b) == 1 {
			continue
		}
		if r.Of++; b.State == "READY" {
			r.N++
		}
	}
	return r
}

// indented returns JSON with a line for each field.
func indented(compact json.RawMessage) string {
	var text bytes.Buffer
	if err := json.Indent(&text, compact, "", "  "); err != nil {
		return string(compact)
	}
	return text.String()
}

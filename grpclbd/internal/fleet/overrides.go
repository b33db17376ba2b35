package fleet

import (
	"cmp"
	"slices"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/grpclbd/internal/terminal"
)

// Overrides are what operators have decided for this service, without those that are over.
type overrides struct {
	said bool // they were read once
	all  []override.Override

	inForce  []override.Override          // as applied last
	drains   map[string]override.Override // by address
	weights  map[string]int               // by address
	drops    []config.Drop                // by token
	fallback *override.Override           // nil: none
	ends     time.Time                    // of the one that is over first; zero: none
}

// set takes all overrides of all services. What is for this service alone goes before what is for
// every one.
func (o *overrides) set(service string, all []override.Override) {
	var mine []override.Override
	for _, v := range all {
		if v.IsOf(service) {
			mine = append(mine, v)
		}
	}
	slices.SortFunc(mine, func(a, b override.Override) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Subject(), b.Subject()), cmp.Compare(a.Service, b.Service))
	})
	o.said, o.all = true, mine
}

// apply leaves out those that are over, and sorts the others by what they do. It returns a
// sentence for each that has come or gone since it was called last.
func (o *overrides) apply(now time.Time) (news []string) {
	before := o.inForce
	o.all = slices.DeleteFunc(slices.Clone(o.all), func(v override.Override) bool { return v.Over(now) })
	o.inForce = o.all
	o.drains, o.weights = make(map[string]override.Override), make(map[string]int)
	o.drops, o.fallback, o.ends = nil, nil, time.Time{}
	drops := make(map[string]int)
	for _, v := range o.all { // of one subject, that for every service comes first
		switch v.Kind {
		case override.Drain:
			o.drains[v.Address] = v
		case override.Weight:
			o.weights[v.Address] = v.Value
		case override.Drop:
			drops[v.Token] = v.Value
		case override.Fallback:
			o.fallback = &v
		}
		if !v.Until.IsZero() && (o.ends.IsZero() || v.Until.Before(o.ends)) {
			o.ends = v.Until
		}
	}
	for token, percent := range drops {
		o.drops = append(o.drops, config.Drop{Token: token, Percent: percent})
	}
	slices.SortFunc(o.drops, byToken)
	return difference(before, o.all)
}

// difference says which overrides have come and which have gone.
func difference(before, now []override.Override) (news []string) {
	for _, v := range now {
		if !slices.ContainsFunc(before, like(v)) {
			news = append(news, v.String()+by(v))
		}
	}
	for _, v := range before {
		if !slices.ContainsFunc(now, like(v)) {
			news = append(news, v.String()+" is over")
		}
	}
	return news
}

// like returns whether another override has the same effect.
func like(v override.Override) func(override.Override) bool {
	return func(o override.Override) bool {
		return o.Service == v.Service && o.Kind == v.Kind && o.Subject() == v.Subject() && o.Value == v.Value
	}
}

// by says who has decided an override and why. It is in a line of each service's log, so long
// texts are cut.
func by(v override.Override) (s string) {
	if v.Who != "" {
		s = " by " + cut(v.Who)
	}
	if v.Why != "" {
		s += " (" + cut(v.Why) + ")"
	}
	return s
}

// cut shortens text that people have written.
func cut(text string) string { return terminal.Cut(text, 200) }

func byToken(a, b config.Drop) int { return cmp.Compare(a.Token, b.Token) }

func (o *overrides) drained(address string) bool {
	_, drained := o.drains[address]
	return drained
}

package rrgroup

import (
	"iter"
	"time"

	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/hosted"
	"github.com/actorlb/grpclb/tokens"
)

// Provenance says who named a backend. A SubConn is never shared between
// backends of different provenance: they are authenticated and checked for
// health in different ways.
type Provenance uint8

const (
	FromBalancer Provenance = iota // a server list
	FromResolver                   // the fallback addresses
)

// A Plan says which backends calls should go to. It is immutable, and the
// latest one wins.
type Plan struct {
	Provenance Provenance
	List       *tokens.List        // the backends and drops, if FromBalancer
	Stream     uint64              // the number of the stream that List came from
	Endpoints  []resolver.Endpoint // the backends, if FromResolver
	Child      *hosted.Child       // what picks among the backends; nil: they take turns

	// CheckHealth has gRPC check the health of a list's backends, if the service config
	// says how. The group's own rotation always asks for that; a child may or may not.
	// Backends that the resolver named are checked in any case.
	CheckHealth bool

	// Unserved is what calls fail with if the plan names no backend. If it is
	// nil too, they wait.
	Unserved error

	// Doing completes the sentence "grpclb is ...", for the text of a pick
	// that fails.
	Doing string
}

// Settings are the durations a group works with.
type Settings struct {
	// Linger is how long a SubConn that no generation names stays connected.
	// Zero shuts it down at once.
	Linger time.Duration
	// Handover is how long a generation may take to get its first backend
	// READY. After that it takes over without one.
	Handover time.Duration
}

// size returns the number of places in p's rotation.
func (p *Plan) size() (n int) {
	if p.Provenance == FromBalancer {
		return p.List.Backends()
	}
	for range p.backends() {
		n++
	}
	return n
}

// backends yields the places of p's rotation, in order.
func (p *Plan) backends() iter.Seq2[int, *tokens.Entry] {
	if p.Provenance == FromResolver {
		return p.fallbackBackends
	}
	return p.listedBackends
}

func (p *Plan) listedBackends(yield func(int, *tokens.Entry) bool) {
	if p.List == nil {
		return
	}
	n := 0
	for _, e := range p.List.Entries {
		if e.Drop {
			continue
		}
		if !yield(n, e) {
			return
		}
		n++
	}
}

// fallbackBackends yields each address once, without a token. A child decides how often
// each is called. They have entries because calls in flight are counted by entry.
func (p *Plan) fallbackBackends(yield func(int, *tokens.Entry) bool) {
	seen := map[string]bool{}
	for _, e := range p.Endpoints {
		for _, a := range e.Addresses {
			if seen[a.Addr] {
				continue
			}
			if !yield(len(seen), &tokens.Entry{Addr: a.Addr}) {
				return
			}
			seen[a.Addr] = true
		}
	}
}

// drops reports whether the plan has drop entries.
func (p *Plan) drops() bool { return p.List != nil && p.List.Drops() > 0 }

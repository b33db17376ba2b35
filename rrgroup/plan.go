package rrgroup

import (
	"iter"
	"time"

	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/hosted"
	"github.com/actorlb/grpclb/tokens"
)

// Provenance says who named a backend. Backends of different provenance never share a
// SubConn, even at the same address: they differ in credentials and health checks.
type Provenance uint8

const (
	FromBalancer Provenance = iota // a server list
	FromResolver                   // the fallback addresses
)

// A Plan says which backends calls should go to. It does not change, and replaces the one
// before.
type Plan struct {
	Provenance Provenance
	List       *tokens.List        // the backends and drops, if FromBalancer
	Stream     uint64              // the number of the stream that List came from
	Endpoints  []resolver.Endpoint // the backends, if FromResolver
	Child      *hosted.Child       // picks between the backends; nil: round robin, see method child

	// CheckHealth: gRPC checks the health of the list's backends, if the service config has
	// a healthCheckConfig and, where a child chooses, the child asks for it. For backends
	// that the resolver named, it always applies.
	CheckHealth bool

	// Unserved is the error of calls if the plan names no backend. If it is nil, they
	// wait.
	Unserved error

	// Doing completes the sentence "grpclb is ..." in the errors of calls.
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

// fallbackBackends yields an entry for each address, without a token. A child chooses
// between them; the entries are there because calls in flight are counted for each entry.
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

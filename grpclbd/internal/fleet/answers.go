package fleet

import (
	"slices"

	"github.com/actorlb/grpclb/lbserver"
)

// An answer is what clients of a class are told.
type answer struct {
	fallback bool
	servers  []lbserver.Server
}

func (a *answer) equal(o *answer) bool {
	return a != nil && a.fallback == o.fallback && slices.Equal(a.servers, o.servers)
}

// has reports whether the answer sends calls to the address.
func (a *answer) has(address string) bool {
	return slices.ContainsFunc(a.servers, func(s lbserver.Server) bool { return s.Address == address })
}

// action returns what tells the class.
func (a *answer) action(class string) action {
	if a.fallback {
		return setFallback{class}
	}
	return setServers{class, a.servers}
}

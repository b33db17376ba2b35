package assign

import (
	"errors"
	"fmt"
	"time"

	"github.com/actorlb/grpclb/lbserver"
)

// A Backend is a server, where it is, and whether it may be used. It is never a drop: drops
// are added last, with Mix.
type Backend struct {
	lbserver.Server

	// Zone is where the backend is. Names are compared byte by byte.
	Zone string

	// Unhealthy keeps the backend out of the results of Spill and Healthy.
	Unhealthy bool

	// Since is when the backend came, or became healthy again. A Ramp counts its age from
	// then. The zero time means long ago.
	Since time.Time
}

// Healthy returns the servers of the backends that are healthy, in the order given, with
// their weights. It is for fleets without zones; with zones use Spill.
func Healthy(backends []Backend) []lbserver.Server {
	servers := make([]lbserver.Server, 0, len(backends))
	for _, b := range backends {
		if !b.Unhealthy {
			servers = append(servers, b.Server)
		}
	}
	return servers
}

// Select returns the backends that have one of these addresses, in the order of the
// addresses. Several backends may have one address. It makes a list of what Subsets
// returns, if the backends' names there are their addresses.
func Select(backends []Backend, addresses []string) []Backend {
	return byAddress(backends).all(addresses)
}

// A directory finds backends by their address.
type directory struct {
	first  map[string]*Backend
	others map[string][]Backend // those of an address after the first; nil: all have addresses of their own
}

// byAddress makes a directory of backends, which must not change any more.
func byAddress(backends []Backend) directory {
	d := directory{first: make(map[string]*Backend, len(backends))}
	for i := range backends {
		b := &backends[i]
		switch {
		case d.first[b.Address] == nil:
			d.first[b.Address] = b
		case d.others == nil:
			d.others = map[string][]Backend{b.Address: {*b}}
		default:
			d.others[b.Address] = append(d.others[b.Address], *b)
		}
	}
	return d
}

// repeats reports whether a backend of the slice that the directory was made of has the address of
// an earlier one.
func (d directory) repeats(b *Backend) bool { return d.others != nil && d.first[b.Address] != b }

func (d directory) all(addresses []string) []Backend {
	all := make([]Backend, 0, len(addresses))
	for _, a := range addresses {
		if b := d.first[a]; b != nil {
			all = append(append(all, *b), d.others[a]...)
		}
	}
	return all
}

func checkBackends(backends []Backend) error {
	for i, b := range backends {
		err := check(b.Server)
		if b.Drop {
			err = errors.New("it is a drop; add drops last, with Mix")
		}
		if err != nil {
			return fmt.Errorf("assign: backend %d (%s): %w", i, b.Address, err)
		}
	}
	return nil
}

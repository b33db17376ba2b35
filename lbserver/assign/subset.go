package assign

import (
	"cmp"
	"slices"
)

// NoLimit is a spread without a bound: each client gets the backends that it prefers,
// whoever else has them.
const NoLimit = 1 << 30

// Subsets gives each client some of the backends, and each backend equally many
// clients. It remembers who has what, so that little changes when clients and
// backends come and go. Clients and backends are names, any strings; backends
// should be of equal weight. The same calls in the same order give the same subsets.
// For backends in zones use ZoneSubsets.
//
// Its methods must not be called by two goroutines at the same time. The caller may keep and
// change the slices and maps that they return. The zero Subsets is NewSubsets(1, 1).
type Subsets struct {
	size   int // backends of a client; less than 1 means 1
	spread int // by how many clients two backends may differ; less than 1 means 1

	backends []*backend // by name
	found    map[string]*backend
	clients  []*client // in the order in which they joined
	byName   map[string]*client
}

// A backend has the clients that have it in their subset.
type backend struct {
	name    string
	hash    uint64
	clients []*client
	gone    bool // SetBackends has left it out
}

// A client has the backends of its subset.
type client struct {
	name     string
	hash     uint64
	backends []*backend // by name
}

// NewSubsets returns Subsets without clients and backends. Each client will get size
// backends, or all if there are fewer. The numbers of clients of two backends differ by at
// most spread, see the package's text for how to choose it. A size or spread of less than 1
// means 1; a spread of more than NoLimit means NoLimit.
func NewSubsets(size, spread int) *Subsets {
	return &Subsets{size: size, spread: spread}
}

func (s *Subsets) sized() int { return max(s.size, 1) }

func (s *Subsets) allowed() int { return min(max(s.spread, 1), NoLimit) }

// SetBackends makes these the backends, and returns the clients whose subset is
// another one now, in the order in which they joined. A name that is given twice counts once.
//
// If clients have left, backends may differ by more than the spread. SetBackends does not
// always make up for that, but does not make the difference greater; see Level.
func (s *Subsets) SetBackends(names []string) (changed []string) {
	allowed := max(s.allowed(), s.difference())
	moved := moves{}
	added := s.replace(names, moved)
	stayed := slices.DeleteFunc(slices.Clone(s.clients), func(c *client) bool { return len(c.backends) == 0 })
	for _, c := range s.clients {
		s.fill(c, allowed, moved)
	}
	s.prefer(added, stayed, moved)
	s.level(allowed, moved)
	return s.named(moved)
}

// Join returns the subset of a client, sorted by name. A client that is new gets one; a
// client that has joined keeps its own.
func (s *Subsets) Join(name string) []string {
	if _, joined := s.byName[name]; !joined {
		c := &client{name: name, hash: hash(name)}
		if s.byName == nil {
			s.byName = map[string]*client{}
		}
		s.byName[name] = c
		s.clients = append(s.clients, c)
		s.fill(c, max(s.allowed(), s.difference()), moves{})
	}
	return s.Of(name)
}

// Leave forgets a client. Nobody else's subset changes. Its places go to clients that join
// later, so call Leave when a client has been away for longer than it needs to come back,
// and not when its stream ends: streams end often, by [lbserver.Options.MaxCallAge] too.
func (s *Subsets) Leave(name string) {
	c, joined := s.byName[name]
	if !joined {
		return
	}
	for _, b := range c.backends {
		b.lose(c)
	}
	delete(s.byName, name)
	s.clients = slices.DeleteFunc(s.clients, func(o *client) bool { return o == c })
}

// Of returns the subset of a client, sorted by name, or nil if it has not joined.
func (s *Subsets) Of(name string) []string {
	c, joined := s.byName[name]
	if !joined {
		return nil
	}
	names := make([]string, 0, len(c.backends))
	for _, b := range c.backends {
		names = append(names, b.name)
	}
	return names
}

// Level makes up for clients that have left: it moves clients until backends differ by no
// more than the spread. It returns the clients whose subset is another one now, in the order
// in which they joined.
func (s *Subsets) Level() (changed []string) {
	moved := moves{}
	s.level(s.allowed(), moved)
	return s.named(moved)
}

// Clients returns how many clients each backend has.
func (s *Subsets) Clients() map[string]int {
	counts := make(map[string]int, len(s.backends))
	for _, b := range s.backends {
		counts[b.name] = len(b.clients)
	}
	return counts
}

// named returns the names of the clients that have moved.
func (s *Subsets) named(moved moves) []string {
	var names []string
	for _, c := range s.clients {
		if moved.changed(c) {
			names = append(names, c.name)
		}
	}
	return names
}

// replace makes these the backends, takes away those that are not named, and returns those
// that are new, by name.
func (s *Subsets) replace(names []string, moved moves) (added []*backend) {
	if s.found == nil {
		s.found = map[string]*backend{}
	}
	for _, b := range s.backends {
		b.gone = true
	}
	for _, name := range names {
		b := s.found[name]
		if b == nil {
			b = &backend{name: name, hash: hash(name)}
			s.found[name] = b
			added = append(added, b)
		}
		b.gone = false
	}
	s.removeGone(moved)
	if len(added) > 0 {
		slices.SortFunc(added, byName)
		s.backends = append(s.backends, added...)
		slices.SortFunc(s.backends, byName)
	}
	return added
}

// removeGone takes away the backends that are gone.
func (s *Subsets) removeGone(moved moves) {
	gone := func(b *backend) bool { return b.gone }
	if !slices.ContainsFunc(s.backends, gone) {
		return
	}
	for _, b := range s.backends {
		if b.gone {
			delete(s.found, b.name)
		}
	}
	s.backends = slices.DeleteFunc(s.backends, gone)
	for _, c := range s.clients {
		if slices.ContainsFunc(c.backends, gone) {
			moved.of(c)
			c.backends = slices.DeleteFunc(c.backends, gone)
		}
	}
}

func byName(a, b *backend) int { return cmp.Compare(a.name, b.name) }

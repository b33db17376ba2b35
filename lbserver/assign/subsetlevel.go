package assign

import (
	"cmp"
	"slices"
)

// moves has each client that got or lost a backend, with the backends that it had before.
type moves map[*client][]*backend

// of notes what the client has. It must be called before that changes.
func (m moves) of(c *client) {
	if _, known := m[c]; !known {
		m[c] = slices.Clone(c.backends)
	}
}

// changed reports whether a client has other backends than before. It may have
// lost one and been given it back.
func (m moves) changed(c *client) bool {
	had, known := m[c]
	return known && (len(had) != len(c.backends) || slices.ContainsFunc(had, func(b *backend) bool { return !c.has(b) }))
}

// fill gives the client as many backends as it should have. After each of them, it sees
// to it that backends differ by no more than allowed.
func (s *Subsets) fill(c *client, allowed int, moved moves) {
	for len(c.backends) < min(s.sized(), len(s.backends)) {
		moved.of(c)
		for _, b := range s.choose(c) {
			b.take(c)
		}
		s.level(allowed, moved)
	}
}

// choose returns backends for a client that lacks some, at least one: of those
// that have few enough clients for one more, those that it prefers. If it has all
// of these, one that has the fewest of the others.
func (s *Subsets) choose(c *client) []*backend {
	most := s.fewest() + s.allowed() - 1
	free := make([]*backend, 0, min(s.sized(), len(s.backends))-len(c.backends))
	var other *backend
	for _, b := range s.backends {
		switch {
		case c.has(b):
		case len(b.clients) <= most:
			free = c.insert(free, b)
		case other == nil || len(b.clients) < len(other.clients):
			other = b
		}
	}
	if len(free) == 0 {
		return []*backend{other}
	}
	return free
}

// insert puts the backend where it belongs among the best, of which there are no more
// than there is room for.
func (c *client) insert(best []*backend, b *backend) []*backend {
	if len(best) == cap(best) {
		if c.compare(best[len(best)-1], b) < 0 {
			return best
		}
		best = best[:len(best)-1]
	}
	at, _ := slices.BinarySearchFunc(best, b, c.compare)
	return slices.Insert(best, at, b)
}

// level moves clients, one at a time, from a backend that has the most to one that has the
// fewest, until these differ by no more than allowed. There is always one to move: the first has
// at least two more, so one of them is not at the second.
func (s *Subsets) level(allowed int, moved moves) {
	for s.difference() > allowed {
		from, to := s.extremes()
		var best *client
		for _, c := range from.clients {
			if (best == nil || to.compare(c, best) < 0) && !c.has(to) {
				best = c
			}
		}
		moved.of(best)
		from.lose(best)
		best.lose(from)
		to.take(best)
	}
}

// extremes returns the first of the backends with the most clients, and of those with
// the fewest. There must be one.
func (s *Subsets) extremes() (most, fewest *backend) {
	most, fewest = s.backends[0], s.backends[0]
	for _, b := range s.backends {
		if len(b.clients) > len(most.clients) {
			most = b
		}
		if len(b.clients) < len(fewest.clients) {
			fewest = b
		}
	}
	return most, fewest
}

// difference is by how many clients backends differ.
func (s *Subsets) difference() int {
	if len(s.backends) == 0 {
		return 0
	}
	most, fewest := s.extremes()
	return len(most.clients) - len(fewest.clients)
}

// fewest is how many clients the backend has that has the fewest.
func (s *Subsets) fewest() int {
	_, fewest := s.extremes()
	return len(fewest.clients)
}

// take gives the backend a client.
func (b *backend) take(c *client) {
	b.clients = append(b.clients, c)
	at, _ := slices.BinarySearchFunc(c.backends, b, byName)
	c.backends = slices.Insert(c.backends, at, b)
}

func (b *backend) lose(c *client) {
	b.clients = slices.DeleteFunc(b.clients, func(o *client) bool { return o == c })
}

func (c *client) lose(b *backend) {
	c.backends = slices.DeleteFunc(c.backends, func(o *backend) bool { return o == b })
}

func (c *client) has(b *backend) bool { return slices.Contains(c.backends, b) }

// compare sorts backends by how much the client prefers them, the best first.
func (c *client) compare(a, b *backend) int {
	return cmp.Or(cmp.Compare(pair(c.hash, b.hash), pair(c.hash, a.hash)), cmp.Compare(a.name, b.name))
}

// compare sorts clients by how much they prefer the backend, the first being the one
// that prefers it most.
func (b *backend) compare(x, y *client) int {
	return cmp.Or(cmp.Compare(pair(y.hash, b.hash), pair(x.hash, b.hash)), cmp.Compare(x.name, y.name))
}

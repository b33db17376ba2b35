package assign

import "slices"

// ZoneSubsets is Subsets for backends and clients in zones. Each client gets size backends of
// its own zone, and size of all other zones, for Spill to send calls to when its own zone
// can't carry them. While it can, clients have no connections to the others. Each backend has
// equally many clients of its own zone, and equally many of each other one, within spread.
//
// A client whose zone has no backends gets size of all backends. So fleets without zones can
// use it too: all zones are "" then.
//
// Backends are known by their addresses. Two that have the same address, with different
// tokens, say, are always in a subset together; if their zones differ, the first one's counts.
//
// Its methods must not be called by two goroutines at the same time. The caller may keep and
// change what they return. The zero ZoneSubsets is NewZoneSubsets(1, 1).
type ZoneSubsets struct {
	size, spread int // as of Subsets

	backends []Backend
	found    directory
	zones    map[string]*zone // those that have clients
	clients  map[string]*zone // the zone of each client
}

// A zone has the subsets of its clients.
type zone struct {
	name    string
	near    *Subsets // of its own backends
	far     *Subsets // of all others
	clients int
}

// NewZoneSubsets returns ZoneSubsets without clients and backends. Size and spread are those
// of NewSubsets.
func NewZoneSubsets(size, spread int) *ZoneSubsets {
	return &ZoneSubsets{size: size, spread: spread}
}

// SetBackends makes these the backends, and returns the clients that have other addresses
// now, sorted. The lists of the other clients may have changed too, since weights, tokens and
// health are the new ones. Unhealthy backends belong here as well: they keep their places,
// so that a backend that fails and recovers moves no client.
func (z *ZoneSubsets) SetBackends(backends []Backend) (changed []string) {
	z.backends = slices.Clone(backends)
	z.found = byAddress(z.backends)
	for _, zone := range z.zones {
		changed = append(changed, zone.set(z.backends, z.found)...)
	}
	return unique(changed)
}

// Join returns the backends of a client in a zone: first those of the zone, then those of
// others, each sorted by address. A client that is new gets some; a client that has joined
// keeps its own, unless it comes from another zone now.
func (z *ZoneSubsets) Join(client, zone string) []Backend {
	if at := z.clients[client]; at == nil || at.name != zone {
		z.Leave(client)
		at = z.zone(zone)
		at.clients++
		at.near.Join(client)
		at.far.Join(client)
		z.clients[client] = at
	}
	return z.Of(client)
}

// Leave forgets a client; see [Subsets.Leave] for when to do that.
func (z *ZoneSubsets) Leave(client string) {
	at := z.clients[client]
	if at == nil {
		return
	}
	at.near.Leave(client)
	at.far.Leave(client)
	delete(z.clients, client)
	if at.clients--; at.clients == 0 {
		delete(z.zones, at.name)
	}
}

// Of returns the backends of a client, in the order of Join, as they were given to
// SetBackends, or nil if it has not joined.
func (z *ZoneSubsets) Of(client string) []Backend {
	at := z.clients[client]
	if at == nil {
		return nil
	}
	return z.found.all(append(at.near.Of(client), at.far.Of(client)...))
}

// Level is [Subsets.Level] for each zone. The clients it returns are sorted.
func (z *ZoneSubsets) Level() (changed []string) {
	for _, zone := range z.zones {
		changed = append(changed, zone.near.Level()...)
		changed = append(changed, zone.far.Level()...)
	}
	return unique(changed)
}

// zone returns the zone of that name, which is made if it has no clients yet.
func (z *ZoneSubsets) zone(name string) *zone {
	if z.zones == nil {
		z.zones, z.clients = map[string]*zone{}, map[string]*zone{}
	}
	at := z.zones[name]
	if at == nil {
		at = &zone{name: name, near: NewSubsets(z.size, z.spread), far: NewSubsets(z.size, z.spread)}
		at.set(z.backends, z.found)
		z.zones[name] = at
	}
	return at
}

// set divides the backends into those of the zone and the others.
func (z *zone) set(backends []Backend, found directory) (changed []string) {
	near, far := make([]string, 0, len(backends)), make([]string, 0, len(backends))
	for i := range backends {
		b := &backends[i]
		switch {
		case found.repeats(b):
		case b.Zone == z.name:
			near = append(near, b.Address)
		default:
			far = append(far, b.Address)
		}
	}
	return append(z.near.SetBackends(near), z.far.SetBackends(far)...)
}

// unique sorts names and leaves out those that were there already.
func unique(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

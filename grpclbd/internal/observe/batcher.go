package observe

import (
	"maps"
	"slices"
	"time"
)

// gather is how long the first change of health waits for others. When a server with many
// backends, or a network, fails, the owner hears of it in a few calls.
const gather = 2 * time.Millisecond

// batcher collects what the backends say, so that the owner hears of many in one call: of
// health after a short wait, of load once an interval. It is a pure value.
type batcher struct {
	interval time.Duration     // of load
	watched  map[string]uint64 // address → number of its actor
	numbers  uint64            // of actors so far

	health     []Health
	loads      map[string]Load
	tellHealth time.Time // when the owner hears of health; zero: there is nothing
	tellLoads  time.Time // the same of loads
}

// watch returns which backends are new and which are gone.
func (b *batcher) watch(addresses []string) (added, removed []string) {
	there := make(map[string]bool, len(addresses))
	for _, address := range addresses {
		there[address] = true
		if _, ok := b.watched[address]; !ok {
			b.numbers++
			b.watched[address] = b.numbers
			added = append(added, address)
		}
	}
	for _, address := range slices.Sorted(maps.Keys(b.watched)) {
		if !there[address] {
			removed = append(removed, address)
			b.forget(address)
		}
	}
	return added, removed
}

// forget: nothing is said about this backend any more.
func (b *batcher) forget(address string) {
	delete(b.watched, address)
	delete(b.loads, address)
	b.health = slices.DeleteFunc(b.health, func(h Health) bool { return h.Address == address })
}

// knows reports whether the backend with that number is the one that is watched at the address.
func (b *batcher) knows(address string, number uint64) bool { return b.watched[address] == number }

// healthChanged takes in a change, unless it is of a backend that is no longer watched. Of
// two changes of a backend both are told.
func (b *batcher) healthChanged(now time.Time, m healthChanged) {
	if !b.knows(m.health.Address, m.number) {
		return
	}
	if len(b.health) == 0 {
		b.tellHealth = now.Add(gather)
	}
	b.health = append(b.health, m.health)
}

// loadChanged takes in a load; the newest one of a backend counts.
func (b *batcher) loadChanged(now time.Time, m loadChanged) {
	if !b.knows(m.load.Address, m.number) {
		return
	}
	if b.loads == nil {
		b.loads = map[string]Load{}
	}
	if len(b.loads) == 0 {
		b.tellLoads = now.Add(b.interval)
	}
	b.loads[m.load.Address] = m.load
}

// due returns when flush has something to say; zero: never.
func (b *batcher) due() time.Time {
	if b.tellHealth.IsZero() || (!b.tellLoads.IsZero() && b.tellLoads.Before(b.tellHealth)) {
		return b.tellLoads
	}
	return b.tellHealth
}

// flush returns what the owner is to hear now.
func (b *batcher) flush(now time.Time) (health []Health, loads []Load) {
	if !b.tellHealth.IsZero() && !now.Before(b.tellHealth) {
		health, b.health, b.tellHealth = b.health, nil, time.Time{}
	}
	if !b.tellLoads.IsZero() && !now.Before(b.tellLoads) {
		for _, address := range slices.Sorted(maps.Keys(b.loads)) {
			loads = append(loads, b.loads[address])
		}
		b.loads, b.tellLoads = nil, time.Time{}
	}
	return health, loads
}

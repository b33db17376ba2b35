package lbresolver

import (
	"maps"
	"strings"
	"time"
)

// A place is where something listens whose addresses have to be looked up.
// Priority and weight are those of its SRV record.
type place struct {
	hostPort
	priority, weight uint16
}

// A host is what came of the look-up of one name's addresses.
type host struct {
	ips    []string
	v4, v6 bool // DNS left in doubt whether there are other addresses of this kind
}

// doubts reports whether DNS left in doubt that the name has this address.
func (h host) doubts(ip string) bool {
	if strings.Contains(ip, ":") {
		return h.v6
	}
	return h.v4
}

// A book holds what is known of places and of the addresses of their names. The
// two are kept apart: a name whose look-up fails keeps its addresses, also if its
// SRV record has another port by now.
type book struct {
	places known[place]
	hosts  map[string]known[string] // by name
}

// hear takes over an answer. What it leaves in doubt stays until that time.
func (b *book) hear(a answer, until time.Time) {
	b.places = b.places.hear(a.places, func(place) bool { return a.more }, until)
	b.revise(func(name string, ips known[string]) known[string] {
		if h, asked := a.hosts[name]; asked {
			return ips.hear(h.ips, h.doubts, until)
		}
		return ips
	})
}

// expire is told the time.
func (b *book) expire(now time.Time) {
	b.places = b.places.at(now)
	b.revise(func(_ string, ips known[string]) known[string] { return ips.at(now) })
}

// revise goes through the names of the places that there are. Others are
// forgotten.
func (b *book) revise(to func(name string, ips known[string]) known[string]) {
	hosts := map[string]known[string]{}
	for _, r := range b.places {
		name := r.value.host
		hosts[name] = to(name, b.hosts[name])
	}
	b.hosts = hosts
}

// due returns when the next of all this is given up; zero is never.
func (b *book) due() time.Time {
	due := b.places.due()
	for ips := range maps.Values(b.hosts) {
		due = soonest(due, ips.due())
	}
	return due
}

// at returns the addresses of a place.
func (b *book) at(p place) (addrs []string) {
	if p.isIP() {
		return []string{p.String()}
	}
	for _, r := range b.hosts[p.host] {
		addrs = append(addrs, hostPort{r.value, p.port}.String())
	}
	return addrs
}

// addrs returns the addresses of all places.
func (b *book) addrs() (all []string) {
	for _, r := range b.places {
		all = append(all, b.at(r.value)...)
	}
	return all
}

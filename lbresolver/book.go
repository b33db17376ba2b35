package lbresolver

import (
	"maps"
	"strings"
	"time"
)

// A place is a host and port whose addresses have to be looked up, with priority and weight
// of its SRV record.
type place struct {
	hostPort
	priority, weight uint16
}

// A host is the answer for the addresses of one name.
type host struct {
	ips    []string
	v4, v6 bool // DNS gave no complete answer for this kind of address
}

// doubts reports whether DNS gave no complete answer for this kind of address.
func (h host) doubts(ip string) bool {
	if strings.Contains(ip, ":") {
		return h.v6
	}
	return h.v4
}

// A book has the known places, and the addresses of their names. These are separate: a name
// whose look-up fails keeps its addresses, also if its SRV record has another port now.
type book struct {
	places known[place]
	hosts  map[string]known[string] // by name
}

// hear takes an answer. What the answer leaves open stays until the given time.
func (b *book) hear(a answer, until time.Time) {
	b.places = b.places.hear(a.places, func(place) bool { return a.more }, until)
	b.revise(func(name string, ips known[string]) known[string] {
		if h, asked := a.hosts[name]; asked {
			return ips.hear(h.ips, h.doubts, until)
		}
		return ips
	})
}

// expire forgets what was to be kept until now.
func (b *book) expire(now time.Time) {
	b.places = b.places.at(now)
	b.revise(func(_ string, ips known[string]) known[string] { return ips.at(now) })
}

// revise drops the names of which there is no place any more.
func (b *book) revise(to func(name string, ips known[string]) known[string]) {
	hosts := map[string]known[string]{}
	for _, r := range b.places {
		name := r.value.host
		hosts[name] = to(name, b.hosts[name])
	}
	b.hosts = hosts
}

// due returns when the next record expires; zero: never.
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

package main

import (
	"errors"
	"fmt"

	"github.com/actorlb/grpclb/lbserver"
)

// A fleet is all servers. The player's goroutine uses it.
type fleet struct {
	plain     []*site // backends and fallback servers, by number
	balancers []*balancer
	unnamed   map[int]bool      // balancers that the resolver doesn't name, counted from 0
	list      []lbserver.Server // what balancers say, those that return too
	lists     int               // the number of that list
}

// startFleet starts everything, with a list of all backends.
func startFleet(b *books) (*fleet, error) {
	f := &fleet{unnamed: make(map[int]bool)}
	for i := range serverCount {
		s, err := newSite(nameOf(i))
		if err != nil {
			return f, err
		}
		if !isBalancer(i) {
			f.plain = append(f.plain, s)
			continue
		}
		f.balancers = append(f.balancers, &balancer{site: *s, number: i - firstBalancer, books: b})
	}
	f.draft(allBackends())
	for i := range serverCount {
		if err := f.start(i); err != nil {
			return f, err
		}
	}
	return f, nil
}

// close stops every server, and returns when no goroutine of theirs is left.
func (f *fleet) close() error {
	var wrong []error
	for _, s := range f.plain {
		wrong = append(wrong, s.close())
	}
	for _, b := range f.balancers {
		wrong = append(wrong, b.halt(), b.close())
	}
	return errors.Join(wrong...)
}

func (f *fleet) site(i int) *site {
	if isBalancer(i) {
		return &f.balancers[i-firstBalancer].site
	}
	return f.plain[i]
}

// start starts a server that is stopped, in fair weather.
func (f *fleet) start(i int) error {
	if isBalancer(i) {
		return f.balancers[i-firstBalancer].startWith(f.list)
	}
	return f.plain[i].start(newBackend())
}

func (f *fleet) stop(i int) error {
	if isBalancer(i) {
		return f.balancers[i-firstBalancer].halt()
	}
	return f.plain[i].stop()
}

// draft makes the next list, of these backends. Each entry has a token of its
// own, that begins with the number of the list.
func (f *fleet) draft(backends []int) int {
	f.lists++
	f.list = make([]lbserver.Server, len(backends))
	for place, i := range backends {
		f.list[place] = lbserver.Server{Address: f.plain[i].addr(), Token: fmt.Sprintf("%d/%d", f.lists, place)}
	}
	return f.lists
}

// announce has every balancer that runs tell a list of these backends, and
// returns its number.
func (f *fleet) announce(backends []int) (int, error) {
	number := f.draft(backends)
	for _, b := range f.balancers {
		if b.lists == nil {
			continue
		}
		if err := b.lists.SetServers(service, f.list); err != nil {
			return number, err
		}
	}
	return number, nil
}

// resolved is what the resolver finds: the balancers that it names, beginning
// with the one of this number counted from 0, and the fallback servers.
func (f *fleet) resolved(first int) (balancers, fallbacks []string) {
	for i := range balancerCount {
		if n := (first + i) % balancerCount; !f.unnamed[n] {
			balancers = append(balancers, f.balancers[n].addr())
		}
	}
	for _, s := range f.plain[firstFallback:] {
		fallbacks = append(fallbacks, s.addr())
	}
	return balancers, fallbacks
}

// numberOf returns the number of the backend or fallback server at an address.
func (f *fleet) numberOf(addr string) (int, bool) {
	for i, s := range f.plain {
		if s.addr() == addr {
			return i, true
		}
	}
	return 0, false
}

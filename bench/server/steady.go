package main

import (
	"slices"
	"time"
)

// sustained measures changes that come at a steady rate, whether the last one has
// reached all clients or not. A client may skip lists, which is fine for the state of
// the world.
func sustained(s scene, c contender) (figures, error) {
	at, from, err := s.open(c, true)
	if err != nil {
		return nil, err
	}
	rest()
	before, set := used(), make([]time.Time, s.times+2)
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	for version := 2; version < len(set); version++ {
		<-tick.C
		list := s.list(version)
		set[version] = time.Now()
		if err := at.set(version, list); err != nil {
			return nil, err
		}
	}
	lags, lists, err := from.follow(set)
	if err != nil {
		return nil, err
	}
	now := used()
	took := now.at.Sub(before.at)
	slices.Sort(lags)
	return figures{
		"cpus":       float64(now.since(before).cpu()) / float64(took),
		"pushes/min": float64(s.times) / took.Minutes(),
		"arrived-%":  100 * float64(lists) / float64(s.times*s.clients),
		"median-ms":  ms(lags[len(lags)/2]),
		"max-ms":     ms(lags[len(lags)-1]),
	}, shut(at, from)
}

// follow waits until all clients have the last list that was set. It returns for each
// list, from number 2, how long after it was set the last client had it or a newer
// one, and how many lists came to clients.
func (c *crowd) follow(set []time.Time) (lags []time.Duration, lists int, err error) {
	for version := 2; version < len(set); {
		a, err := c.wait(version)
		if err != nil {
			return nil, 0, err
		}
		for ; version <= a.Least; version++ {
			lags = append(lags, a.at.Sub(set[version]))
		}
		lists = a.Lists
	}
	return lags, lists, nil
}

// restart measures how long after all connections were cut the last client has the
// list of a new server at the same port. All clients come back at once.
func restart(s scene, c contender) (figures, error) {
	old, from, err := s.open(c, true)
	if err != nil {
		return nil, err
	}
	rest()
	before := used()
	if err := old.stop(); err != nil {
		return nil, err
	}
	at, err := serve(c, old.addr, s.clients, 2, s.list(2))
	if err != nil {
		return nil, err
	}
	end, err := from.wait(2)
	if err != nil {
		return nil, err
	}
	return figures{
		"s":      end.at.Sub(before.at).Seconds(),
		"cpu-s":  used().since(before).cpu().Seconds(),
		"failed": float64(end.Failed),
	}, shut(at, from)
}

package admin

import (
	"github.com/actorlb/grpclb/grpclbd/internal/view"
	"github.com/actorlb/grpclb/internal/webpage"
)

// A standing says how a client stands with its list.
type standing string

const (
	upToDate standing = "up to date" // its connection has been handed the newest list
	behind   standing = "behind"     // it has not
	waiting  standing = "waiting"    // there is no list yet
)

func standingOf(c view.Client) standing {
	switch c.Answer {
	case 0:
		return waiting
	case c.Handed:
		return upToDate
	}
	return behind
}

// Class returns the class of the style.
func (s standing) Class() string {
	return map[standing]string{upToDate: "good", behind: "bad", waiting: "warn"}[s]
}

// behindOf counts the clients of each service that are behind.
func behindOf(all []view.Client) map[string]int {
	n := map[string]int{}
	for _, c := range all {
		if standingOf(c) == behind {
			n[c.Service]++
		}
	}
	return n
}

// clients are a table of clients.
type clients struct {
	Mixed    bool // they are of all services
	All      int
	Standing []count[standing] // how many of all there are
	Chosen   standing          // which of them are shown; empty: all
	Part     webpage.Part
	Shown    []view.Client
}

// A count is how many of a table's lines are so.
type count[K ~string] struct {
	Of K
	N  int
}

// counts returns the kinds of which there are some, in order.
func counts[K ~string](n map[K]int, order ...K) (all []count[K]) {
	for _, k := range order {
		if n[k] > 0 {
			all = append(all, count[K]{k, n[k]})
		}
	}
	return all
}

func clientsOf(q webpage.Query, s view.State, mixed bool) clients {
	c := clients{Mixed: mixed, All: len(s.Clients), Chosen: standing(q.Get("standing"))}
	n := map[standing]int{}
	var chosen []view.Client
	for _, client := range s.Clients {
		so := standingOf(client)
		n[so]++
		if c.Chosen == "" || c.Chosen == so {
			chosen = append(chosen, client)
		}
	}
	c.Standing = counts(n, upToDate, behind, waiting)
	c.Part = q.Part("clients", len(chosen))
	c.Shown = chosen[c.Part.From:c.Part.To]
	return c
}

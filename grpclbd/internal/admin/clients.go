package admin

import (
	"github.com/actorlb/grpclb/grpclbd/internal/view"
	"github.com/actorlb/grpclb/internal/webpage"
)

// behindOf counts the clients of each service that are behind.
func behindOf(all []view.Client) map[string]int {
	n := map[string]int{}
	for _, c := range all {
		if standingOf(c) == webpage.Behind {
			n[c.Service]++
		}
	}
	return n
}

type clients = webpage.Clients[view.Client]

func clientsOf(q webpage.Query, s view.State, mixed bool) clients {
	return webpage.ClientsOf(q, s.Clients, standingOf, mixed)
}

func standingOf(c view.Client) webpage.Standing { return webpage.StandingOf(c.Answer, c.Handed) }

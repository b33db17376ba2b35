package debugpage

import (
	"github.com/actorlb/grpclb/internal/webpage"
	"github.com/actorlb/grpclb/lbserver"
)

type clients = webpage.Clients[lbserver.ClientState]

func clientsOf(q webpage.Query, s lbserver.State, mixed bool) clients {
	return webpage.ClientsOf(q, s.Clients, standingOf, mixed)
}

func standingOf(c lbserver.ClientState) webpage.Standing {
	return webpage.StandingOf(c.Answer, c.Handed)
}

// A holding is how many clients are to have an answer.
type holding struct {
	Clients int
	Behind  int // of these, how many do not have it yet
}

func (h holding) plus(o holding) holding {
	return holding{h.Clients + o.Clients, h.Behind + o.Behind}
}

// An answerOf is an answer of a service. Only answers that are not set yet, with the number 0,
// need the name of the service.
type answerOf struct {
	service string
	number  uint64
}

func holdings(all []lbserver.ClientState) map[answerOf]holding {
	held := map[answerOf]holding{}
	for _, c := range all {
		h := holding{Clients: 1}
		if standingOf(c) == webpage.Behind {
			h.Behind = 1
		}
		of := answerOf{c.Service, c.Answer}
		held[of] = held[of].plus(h)
	}
	return held
}

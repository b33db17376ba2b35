package debugpage

import (
	"github.com/actorlb/grpclb/internal/webpage"
	"github.com/actorlb/grpclb/lbserver"
)

// A standing says how a client stands with its answer.
type standing string

const (
	upToDate standing = "up to date" // its connection has been handed the newest answer
	behind   standing = "behind"     // it has not
	waiting  standing = "waiting"    // there is no answer yet
)

func standingOf(c lbserver.ClientState) standing {
	switch {
	case c.Answer == 0:
		return waiting
	case c.UpToDate():
		return upToDate
	default:
		return behind
	}
}

// Class returns the class of the style.
func (s standing) Class() string {
	return map[standing]string{upToDate: "good", behind: "bad", waiting: "warn"}[s]
}

// clients are a table of clients.
type clients struct {
	Mixed    bool // they are of all services
	All      int
	Standing []count  // how many of all there are
	Chosen   standing // which of them are shown; empty: all
	Part     webpage.Part
	Shown    []lbserver.ClientState
}

// A count is how many clients stand so.
type count struct {
	Of standing
	N  int
}

func clientsOf(q webpage.Query, s lbserver.State, mixed bool) clients {
	c := clients{Mixed: mixed, All: len(s.Clients), Chosen: standing(q.Get("standing"))}
	n := map[standing]int{}
	var chosen []lbserver.ClientState
	for _, client := range s.Clients {
		so := standingOf(client)
		n[so]++
		if c.Chosen == "" || c.Chosen == so {
			chosen = append(chosen, client)
		}
	}
	for _, so := range []standing{upToDate, behind, waiting} {
		if n[so] > 0 {
			c.Standing = append(c.Standing, count{so, n[so]})
		}
	}
	c.Part = q.Part("clients", len(chosen))
	c.Shown = chosen[c.Part.From:c.Part.To]
	return c
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
		if standingOf(c) == behind {
			h.Behind = 1
		}
		of := answerOf{c.Service, c.Answer}
		held[of] = held[of].plus(h)
	}
	return held
}

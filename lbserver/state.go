package lbserver

import (
	"cmp"
	"slices"
	"time"
)

// A State is what a balancer knew at one moment. It does not change afterwards. Do not change
// it: its parts are shared. As JSON it has the names in the tags; times are as time.Time has
// them.
type State struct {
	At       time.Time      `json:"at"`
	Services []ServiceState `json:"services"` // by name
	Clients  []ClientState  `json:"clients"`  // those that have an answer or wait for one; by ID
	Opening  int            `json:"opening"`  // streams not in Clients yet: the client has named no service, or hooks run for it
	Totals   Totals         `json:"totals"`
}

// A ServiceState is a service that has an answer or is expected to get one.
type ServiceState struct {
	Name    string        `json:"name"`
	Answers []AnswerState `json:"answers"` // by class; the service's own has the class ""

	// Reports and Calls are sums over the load reports of its clients. They begin at zero
	// again if the service is set anew after it was removed. Calls.Dropped has the tokens of
	// all drop entries since then, up to 100; drops by others count as OtherTokens.
	Reports uint64 `json:"reports"`
	Calls   Calls  `json:"calls"`
}

// An AnswerState is what clients of a class are told.
type AnswerState struct {
	Class    string    `json:"class"`
	Number   uint64    `json:"number"`         // counts the answers of a Balancer, from 1; 0: Expect was called, nothing is set yet
	Since    time.Time `json:"since,omitzero"` // when it was set; zero if Number is 0
	Fallback bool      `json:"fallback"`       // clients are told to use their fallback addresses
	Servers  []Server  `json:"servers"`        // as they were set, unless Fallback

	Entries int   `json:"entries"`          // of the list that clients are sent
	Copies  []int `json:"copies,omitempty"` // how many of the entries are of each of Servers; nil: one
}

// Share returns which part of the RPCs goes to the server with this index in Servers, from 0 to
// 1. For a drop it is the part that is dropped.
func (a AnswerState) Share(i int) float64 {
	copies := 1
	if a.Copies != nil {
		copies = a.Copies[i]
	}
	return float64(copies) / float64(a.Entries)
}

// DropShare returns which part of the RPCs is dropped, from 0 to 1.
func (a AnswerState) DropShare() (share float64) {
	for i, s := range a.Servers {
		if s.Drop {
			share += a.Share(i)
		}
	}
	return share
}

// A ClientState is a client (a stream) that has named a service which has an answer or is
// expected to get one.
type ClientState struct {
	Client
	Address    string       `json:"address"`              // of Peer, as text; empty if it is not known
	Answer     uint64       `json:"answer"`               // the number of the answer that it is to have now; 0: it waits for one
	Handed     uint64       `json:"handed"`               // the number of the answer that its connection was handed last; 0: none
	Moved      bool         `json:"moved,omitempty"`      // Handed is of the service or class that it was of before a Review
	LastReport *ReportState `json:"lastReport,omitempty"` // nil before the first
}

// UpToDate reports whether the client's connection has been handed the newest answer for it.
// The client may not have read it yet.
func (c ClientState) UpToDate() bool { return c.Answer != 0 && c.Answer == c.Handed }

// State returns what the balancer knows: the answers of each service, and which of them each
// client has. It has each answer that was set before the call. It takes time in proportion to
// the clients and classes, and waits for no client. A closed balancer returns the zero State.
func (b *Balancer) State() State {
	reply := make(chan State, 1)
	if !b.inbox.described(reply) {
		return State{}
	}
	s := <-reply
	// It is the caller's own, but for servers, copies and reports.
	slices.SortFunc(s.Services, func(a, b ServiceState) int { return cmp.Compare(a.Name, b.Name) })
	for _, service := range s.Services {
		slices.SortFunc(service.Answers, func(a, b AnswerState) int { return cmp.Compare(a.Class, b.Class) })
	}
	slices.SortFunc(s.Clients, func(a, b ClientState) int { return cmp.Compare(a.ID, b.ID) })
	for i := range s.Clients {
		if c := &s.Clients[i]; c.Peer != nil && c.Peer.Addr != nil {
			c.Address = c.Peer.Addr.String()
		}
	}
	return s
}

// Clients returns State().Clients.
func (b *Balancer) Clients() []ClientState { return b.State().Clients }

// Answers returns the answers of a service as State has them, or nil if the service is not
// known.
func (b *Balancer) Answers(service string) []AnswerState {
	name := b.opts.normalized(service)
	for _, s := range b.State().Services {
		if s.Name == name {
			return s.Answers
		}
	}
	return nil
}

package lbserver

import (
	"cmp"
	"slices"
	"time"
)

// A State is what a balancer knew at one moment. It does not change afterwards. Do not change
// it: its parts are shared.
type State struct {
	Services []ServiceState // by name
	Clients  []ClientState  // those that have an answer or wait for one; by ID
	Opening  int            // streams not in Clients yet: the client has named no service, or hooks run for it
}

// A ServiceState is a service that has an answer or is expected to get one.
type ServiceState struct {
	Name    string
	Answers []AnswerState // by class; the service's own has the class ""
}

// An AnswerState is what clients of a class are told.
type AnswerState struct {
	Class    string
	Number   uint64    // counts the answers of a Balancer, from 1; 0: Expect was called, nothing is set yet
	Since    time.Time // when it was set; zero if Number is 0
	Fallback bool      // clients are told to use their fallback addresses
	Servers  []Server  // as they were set, unless Fallback
}

// A ClientState is a client (a stream) that has named a service which has an answer or is
// expected to get one.
type ClientState struct {
	Client
	Answer uint64 // the number of the answer that it is to have now; 0: it waits for one
	Handed uint64 // the number of the answer that its connection was handed last; 0: none
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
	// It is the caller's own, but for the servers.
	slices.SortFunc(s.Services, func(a, b ServiceState) int { return cmp.Compare(a.Name, b.Name) })
	for _, service := range s.Services {
		slices.SortFunc(service.Answers, func(a, b AnswerState) int { return cmp.Compare(a.Class, b.Class) })
	}
	slices.SortFunc(s.Clients, func(a, b ClientState) int { return cmp.Compare(a.ID, b.ID) })
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

// describe returns the state, in no order.
func (r *registry) describe() State {
	s := State{
		Services: make([]ServiceState, 0, len(r.services)),
		Clients:  make([]ClientState, 0, len(r.calls)),
	}
	for name, service := range r.services {
		s.Services = append(s.Services, service.describe(name))
	}
	for _, m := range r.calls {
		if m.class == nil {
			s.Opening++
			continue
		}
		due := r.services[m.client.Service].due(m.client.Class)
		s.Clients = append(s.Clients, ClientState{Client: m.client, Answer: due.number, Handed: m.handed})
	}
	return s
}

func (s *service) describe(name string) ServiceState {
	state := ServiceState{Name: name}
	for class, c := range s.classes {
		if a := c.answer; a != nil {
			state.Answers = append(state.Answers, AnswerState{
				Class: class, Number: a.number, Since: a.since, Servers: a.servers,
				Fallback: a.message.GetFallbackResponse() != nil,
			})
		}
	}
	return state
}

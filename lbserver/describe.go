package lbserver

import "time"

// describe returns the state, in no order. The loop does nothing else meanwhile, so what can be
// done by who asks is left to them.
func (o *owner) describe(now time.Time) State {
	s := o.registry.describe()
	s.At, s.Totals = now, o.tally.totals(o.registry.numbers)
	return s
}

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
		s.Clients = append(s.Clients, ClientState{
			Client: m.client, Answer: due.number, Handed: m.handed, Moved: m.moved, LastReport: m.report,
		})
	}
	return s
}

func (s *service) describe(name string) ServiceState {
	state := ServiceState{Name: name, Reports: s.reports, Calls: s.sums()}
	for class, c := range s.classes {
		if c.answer != nil {
			state.Answers = append(state.Answers, c.answer.describe(class))
		}
	}
	return state
}

func (a *answer) describe(class string) AnswerState {
	return AnswerState{
		Class: class, Number: a.number, Since: a.since,
		Fallback: a.message.GetFallbackResponse() != nil,
		Servers:  a.servers, Copies: a.copies,
		Entries: len(a.message.GetServerList().GetServers()),
	}
}

package lbserver

// A registry knows the answers of each service and which calls wait for them. It
// is an ordinary value, with neither goroutine nor channel: its methods are
// told what happened and return which calls have to be told. It never looks into
// a call: calls are keys.
//
// A call is in one of three states:
//
//   - opened: it has not named a service. Answers do not concern it.
//   - asked: it is in calls and among the calls of its class. If it asks again, it may change the
//     class.
//   - gone: it is not in calls. If it leaves again, nothing changes.
type registry struct {
	services map[string]*service
	calls    map[*call]*member
	ids      uint64 // of calls: the last one that was given
	numbers  uint64 // of answers: the last one that was given
	rounds   uint64 // of reviews: the last one that was given
}

// A member is a call that is opened or has asked.
type member struct {
	class  *class       // nil until it has asked
	client Client       // from then on
	round  uint64       // of the review in which it has asked; 0: before the first
	wanted uint64       // the last review that it is to ask in
	handed uint64       // number of the newest answer that its connection has
	moved  bool         // that answer is of another class
	report *ReportState // the last one; nil before it
}

func newRegistry() *registry {
	return &registry{services: make(map[string]*service), calls: make(map[*call]*member)}
}

// open notes a call that is there, and returns its ID.
func (r *registry) open(c *call) uint64 {
	r.calls[c] = &member{}
	r.ids++
	return r.ids
}

// ask notes that a call wants a service, in place of what it wanted before, and returns its
// answer, which may be unknownYet. If there is no answer for it, ask returns nil and notes
// nothing. If the call is gone, here is false: a client that hangs up as soon as it has asked
// may leave first. It is false too if there was a review since the hooks were asked: the call
// asks again.
func (r *registry) ask(c *call, client Client, round uint64) (a *answer, here bool) {
	m := r.calls[c]
	if m == nil || round < m.wanted {
		return nil, false
	}
	s := r.services[client.Service]
	if a = s.due(client.Class); a == nil {
		return nil, true
	}
	before, at := m.class, m.client
	m.class, m.client, m.round = s.class(client.Class), client, round
	if m.class != before {
		m.class.calls[c] = struct{}{}
		m.moved = m.handed != 0
		r.part(c, before, at)
	}
	return a, true
}

// part takes a call out of the class that it was in, if it was in one.
func (r *registry) part(c *call, from *class, client Client) {
	if from != nil {
		delete(from.calls, c)
		r.prune(client.Service, client.Class)
	}
}

// set notes the answer of a class, which takes the next number, and returns
// whom it concerns: nobody if it is equal to the one before.
func (r *registry) set(name, class string, a *answer) []*call {
	s := r.service(name)
	c := s.class(class)
	if c.answer.equal(a) {
		return nil
	}
	r.numbers++
	a.number = r.numbers
	c.answer = a
	s.drops.expect(a.servers)
	return s.heirs(class)
}

// expect notes that a service will have an answer. One that has an answer keeps
// it.
func (r *registry) expect(name string) {
	if own := r.service(name).class(""); own.answer == nil {
		own.answer = unknownYet
	}
}

// unset forgets the answer of a class and returns whom that concerns and what they
// are due now. If that is nil they are gone.
func (r *registry) unset(name, class string) (calls []*call, a *answer) {
	s := r.services[name]
	if !s.has(class) {
		return nil, nil
	}
	s.classes[class].answer = nil
	calls, a = s.heirs(class), s.due(class)
	if a == nil {
		for _, c := range calls {
			r.leave(c)
		}
	}
	r.prune(name, class)
	return calls, a
}

// remove forgets a service and returns who had asked for it. Those are gone.
func (r *registry) remove(name string) (calls []*call) {
	s := r.services[name]
	if s == nil {
		return nil
	}
	delete(r.services, name)
	for _, class := range s.classes {
		for c := range class.calls {
			delete(r.calls, c)
			calls = append(calls, c)
		}
	}
	return calls
}

// of returns what is known of a call; the zero member if it is gone.
func (r *registry) of(c *call) member {
	if m := r.calls[c]; m != nil {
		return *m
	}
	return member{}
}

// handed notes that the connection of a call has an answer.
func (r *registry) handed(c *call, number uint64) {
	if m := r.calls[c]; m != nil {
		m.handed, m.moved = number, false
	}
}

// reported notes the load report of a call, unless the call is gone.
func (r *registry) reported(c *call, report *ReportState) {
	m := r.calls[c]
	if m == nil || m.class == nil {
		return
	}
	m.report = report
	r.services[m.client.Service].add(report)
}

// leave notes that a call is gone, which it may be already.
func (r *registry) leave(c *call) {
	m := r.calls[c]
	delete(r.calls, c)
	if m != nil {
		r.part(c, m.class, m.client)
	}
}

// close returns all calls. They are gone, and the services too.
func (r *registry) close() (all []*call) {
	for c := range r.calls {
		all = append(all, c)
	}
	clear(r.calls)
	clear(r.services)
	return all
}

// service returns the service of that name, and makes it if there is none.
func (r *registry) service(name string) *service {
	s := r.services[name]
	if s == nil {
		s = &service{classes: make(map[string]*class)}
		r.services[name] = s
	}
	return s
}

// prune forgets the class if it has neither an answer nor calls, and then the service if it
// has no class. Clients may ask for any class, so classes must not pile up.
func (r *registry) prune(name, class string) {
	s := r.services[name]
	if s == nil {
		return
	}
	if c := s.classes[class]; c != nil && c.answer == nil && len(c.calls) == 0 {
		delete(s.classes, class)
	}
	if len(s.classes) == 0 {
		delete(r.services, name)
	}
}

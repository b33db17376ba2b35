package lbserver

// A registry knows the answer of each service and which calls wait for it. It
// is an ordinary value, with neither goroutine nor channel: its methods are
// told what happened and return who is to hear of it. For it a call is no more
// than something to be told apart from others.
//
// A call is in one of three states:
//
//   - opened: it has not named a service. Answers do not concern it.
//   - asking: it is in calls and among the calls of its service.
//   - gone: the registry has no trace of it. Whoever says it left is too late.
type registry struct {
	services map[string]*service
	calls    map[*call]*service // opened: nil, asking: the service
}

// A service has an answer from the moment it is known, if only unknownYet.
type service struct {
	answer *answer
	calls  audience
}

// An audience is the calls that are to hear something.
type audience map[*call]struct{}

func newRegistry() *registry {
	return &registry{services: make(map[string]*service), calls: make(map[*call]*service)}
}

// open notes a call that is there.
func (r *registry) open(c *call) { r.calls[c] = nil }

// ask notes that the call c wants a service and returns what to tell it, which may
// be unknownYet. nil means that the service is not known, and the call has been removed. If it was
// gone before, here is false and there is nobody to tell: a client that hangs
// up as soon as it has asked may leave first.
func (r *registry) ask(c *call, name string) (a *answer, here bool) {
	if _, here = r.calls[c]; !here {
		return nil, false
	}
	s := r.services[name]
	if s == nil {
		delete(r.calls, c)
		return nil, true
	}
	r.calls[c] = s
	s.calls[c] = struct{}{}
	return s.answer, true
}

// answer notes a service's answer and returns who is to be told it: nobody if
// it is equal to the one before.
func (r *registry) answer(name string, a *answer) audience {
	s := r.services[name]
	if s == nil {
		r.services[name] = &service{answer: a, calls: make(audience)}
		return nil
	}
	if s.answer.equal(a) {
		return nil
	}
	s.answer = a
	return s.calls
}

// expect notes that a service will have an answer. One that has an answer keeps
// it.
func (r *registry) expect(name string) {
	if r.services[name] == nil {
		r.services[name] = &service{answer: unknownYet, calls: make(audience)}
	}
}

// remove forgets a service and returns who had asked for it. Those are gone.
func (r *registry) remove(name string) audience {
	s := r.services[name]
	if s == nil {
		return nil
	}
	delete(r.services, name)
	for c := range s.calls {
		delete(r.calls, c)
	}
	return s.calls
}

// leave notes that a call is gone, which it may be already.
func (r *registry) leave(c *call) {
	if s := r.calls[c]; s != nil {
		delete(s.calls, c)
	}
	delete(r.calls, c)
}

// close returns all calls. They are gone, and the services too.
func (r *registry) close() audience {
	all := make(audience, len(r.calls))
	for c := range r.calls {
		all[c] = struct{}{}
	}
	clear(r.calls)
	clear(r.services)
	return all
}

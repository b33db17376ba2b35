package lbserver

// A service has the classes that have an answer or calls. While it is in the registry it has
// at least one. The methods has and due may be called on nil, which is a service that is not
// known.
type service struct {
	classes map[string]*class
	reports uint64 // load reports of its clients
	calls   Calls  // as these count them, without drops
	drops   drops
}

// A class is the clients that get the same answer. The answer of the class "" is the
// service's own: clients of classes without an answer get that one.
type class struct {
	answer *answer // nil if it has none of its own
	calls  map[*call]struct{}
}

// class returns the class of that name, and makes it if there is none.
func (s *service) class(name string) *class {
	c := s.classes[name]
	if c == nil {
		c = &class{calls: make(map[*call]struct{})}
		s.classes[name] = c
	}
	return c
}

// has reports whether the class has an answer of its own.
func (s *service) has(class string) bool {
	if s == nil {
		return false
	}
	c := s.classes[class]
	return c != nil && c.answer != nil
}

// due returns the answer that clients of the class get, or nil.
func (s *service) due(class string) *answer {
	switch {
	case s.has(class):
		return s.classes[class].answer
	case s.has(""):
		return s.classes[""].answer
	default:
		return nil
	}
}

// heirs returns the calls that get the answer of the class.
func (s *service) heirs(class string) (calls []*call) {
	if class != "" {
		return s.classes[class].appendCalls(nil)
	}
	for name, c := range s.classes {
		if name == "" || c.answer == nil {
			calls = c.appendCalls(calls)
		}
	}
	return calls
}

func (c *class) appendCalls(calls []*call) []*call {
	for call := range c.calls {
		calls = append(calls, call)
	}
	return calls
}

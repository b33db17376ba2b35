package view

// Only returns the state with one service, its clients and its overrides. If there is no such
// service, it has none.
func (s State) Only(service string) State {
	of := s
	of.Services, of.Clients, of.Overrides = []Service{}, []Client{}, nil
	for _, v := range s.Services {
		if v.Name == service {
			of.Services = append(of.Services, v)
		}
	}
	for _, c := range s.Clients {
		if c.Service == service {
			of.Clients = append(of.Clients, c)
		}
	}
	for _, o := range s.Overrides {
		if o.IsOf(service) {
			of.Overrides = append(of.Overrides, o)
		}
	}
	return of
}

// Counts are how many backends of a service there are.
type Counts struct {
	Known    int
	Served   int
	ByHealth map[string]int
}

// Checked reports whether the health of backends is checked.
func (c Counts) Checked() bool { return c.ByHealth["unchecked"] < c.Known }

// Count counts the backends.
func (s Service) Count() Counts {
	c := Counts{Known: len(s.Backends), ByHealth: map[string]int{}}
	for _, b := range s.Backends {
		c.ByHealth[b.Health]++
		if b.Served {
			c.Served++
		}
	}
	return c
}

// Empty reports whether clients get lists without a backend.
func (s Service) Empty() bool { return s.Mode == Serving && s.Count().Served == 0 }

// Drained returns how many clients of the service still have a backend that is drained, of all
// replicas. It is not known before each replica that has the service has heard of it.
func (s State) Drained(service, address string) (left int, known bool) {
	for _, v := range s.Services {
		if n, has := v.Total.Drained[address]; v.Name == service && has {
			left, known = n, true
		}
	}
	for _, r := range s.Replicas {
		if r.Name == s.Replica {
			continue // what this one says itself is newer
		}
		for _, t := range r.Services {
			if t.Service != service {
				continue
			}
			n, has := t.Drained[address]
			left, known = left+n, known && has
		}
	}
	return left, known
}

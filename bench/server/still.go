package main

// idle measures what the server keeps for a client that has its list and is quiet.
func idle(s scene, c contender) (figures, error) {
	before, err := s.unused(c)
	if err != nil {
		return nil, err
	}
	at, from, err := s.open(c, true)
	if err != nil {
		return nil, err
	}
	grown := float64(memory()) - float64(before)
	return figures{"KB/client": grown / float64(s.clients) / (1 << 10)}, shut(at, from)
}

// mute measures what the server keeps for clients that never read, while the list
// changes.
func mute(s scene, c contender) (figures, error) {
	before, err := s.unused(c)
	if err != nil {
		return nil, err
	}
	at, from, err := s.open(c, false)
	if err != nil {
		return nil, err
	}
	for n := range s.times {
		if err := at.set(n+2, s.list(n+2)); err != nil {
			return nil, err
		}
		rest() // it has been sent as far as it can be
	}
	grown := float64(memory()) - float64(before)
	return figures{"MB": grown / (1 << 20), "KB/client": grown / float64(s.clients) / (1 << 10)}, shut(at, from)
}

// unused returns the memory of the process before the scene, but after one client, so
// that what is made once is in it.
func (s scene) unused(c contender) (uint64, error) {
	s.clients = 1
	at, from, err := s.open(c, true)
	if err != nil {
		return 0, err
	}
	err = shut(at, from)
	return memory(), err
}

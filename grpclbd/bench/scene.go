package main

// A scene is a balancer with backends and clients.
type scene struct {
	*backends
	*process
	*clients
}

// play starts a scene: the balancer's service has these backends and these fields of configuration.
// It returns when each client has the list of all backends. Whatever it returns is to be ended.
func play(program string, backends, clients int, fields string) (s *scene, err error) {
	s = &scene{}
	if s.backends, err = serve(backends); err != nil {
		return s, err
	}
	if s.process, err = run(program, "services: [{name: s, sources: [{static: ["+s.list()+"]}], "+fields+"}]\n"); err != nil {
		return s, err
	}
	if s.clients, err = join(s.listen, clients); err != nil {
		return s, err
	}
	_, err = s.until(backends)
	return s, err
}

func (s *scene) end() {
	if s.clients != nil {
		s.clients.close()
	}
	if s.process != nil {
		s.process.end()
	}
	if s.backends != nil {
		s.backends.stop()
	}
}

//go:build foreign

package foreign

// Of two balancers the first can't be reached: the second is asked.
func balancers(s *site) {
	b := s.backends(1)
	s.list(at(b[0], "x"))
	s.dns.Set("_grpclb._tcp."+serviceName, s.srv(0, s.closed(), balancerName), s.srv(1, s.balancer.addr, balancerName))
	s.until(s.dial(), "the list", waiting, func(a answer) bool { return a.token == "x" })
}

// closed is an address of this machine where nobody listens.
func (s *site) closed() string {
	l, err := s.network.Listen("")
	if err != nil {
		s.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

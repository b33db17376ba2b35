//go:build foreign

package foreign

import "github.com/actorlb/grpclb/internal/dnstest"

// With TLS a balancer has to be who DNS says, and a backend who was dialled.
func secure(plain *site) {
	s := newSite(plain, plain.client, newCA(plain))
	b := s.backends(1)
	s.list(at(b[0], "x"))
	c := s.dial()
	s.until(c, "the list", waiting, func(a answer) bool { return a.token == "x" })

	// A balancer of another name is none: calls fall back.
	s.dns.Set("other.test", dnstest.Host(s.network.ip))
	s.dns.Set("_grpclb._tcp."+serviceName, s.srv(0, s.balancer.addr, "other.test"))
	s.reach(s.dial(), s.fallback)
}

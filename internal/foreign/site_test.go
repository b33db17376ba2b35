//go:build foreign

package foreign

import (
	"net"
	"strconv"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/actorlb/grpclb/internal/dnstest"
	"github.com/actorlb/grpclb/internal/lbtest"
	"github.com/actorlb/grpclb/lbserver"
)

// The names that clients see: of the service, and of the balancer's machine.
const (
	serviceName  = "service.test"
	balancerName = "balancer.test"
)

// A site is a service that clients find by DNS, with its balancer and a backend at the
// service's own address, which is what clients fall back to.
type site struct {
	testing.TB
	client   client
	network  place
	dns      *dnstest.Server
	balancer *balancerd
	fallback *lbtest.Backend
	ca       *ca // of all servers, nil for plain text
	servers  int // backends so far
}

// fallen is the number of the backend that clients fall back to.
const fallen = 99

func newSite(t testing.TB, client client, ca *ca) *site {
	dns, err := dnstest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(dns.Close)
	s := &site{TB: t, client: client, network: newPlace(), dns: dns, ca: ca}
	s.fallback = lbtest.NewBackend(t, s.network, fallen, s.identity(serviceName)...)
	s.balancer = newBalancer(t, s.network, s.identity(balancerName)...)
	dns.Set(serviceName, dnstest.Host(s.network.ip))
	dns.Set(balancerName, dnstest.Host(s.network.ip))
	dns.Set("_grpclb._tcp."+serviceName, s.srv(0, s.balancer.addr, balancerName))
	return s
}

// srv is a record of a balancer.
func (s *site) srv(priority uint16, addr, name string) dnstest.Record {
	return dnstest.SRV(priority, 0, uint16(port(s, addr)), name)
}

// identity has a server prove that it has this name, if there is a ca.
func (s *site) identity(name string) []grpc.ServerOption {
	if s.ca == nil {
		return nil
	}
	return []grpc.ServerOption{s.ca.server(name)}
}

// service is the name that clients ask the balancer for: what they dialled.
func (s *site) service() string {
	return net.JoinHostPort(serviceName, strconv.Itoa(port(s, s.fallback.Addr())))
}

// dial makes a channel.
func (s *site) dial() channel {
	root := ""
	if s.ca != nil {
		root = s.ca.pem()
	}
	return s.client.open(s, "dns://"+s.dns.Addr()+"/"+s.service(), root)
}

// backends starts n of them, numbered from 1 on.
func (s *site) backends(n int) (all []*lbtest.Backend) {
	for range n {
		s.servers++
		all = append(all, lbtest.NewBackend(s, s.network, s.servers, s.identity(serviceName)...))
	}
	return all
}

// list makes these the balancer's answer.
func (s *site) list(servers ...lbserver.Server) {
	if err := s.balancer.SetServers(s.service(), servers); err != nil {
		s.Fatal(err)
	}
}

// at is the entry of a backend.
func at(b *lbtest.Backend, token string) lbserver.Server {
	return lbserver.Server{Address: b.Addr(), Token: token}
}

func port(t testing.TB, addr string) int {
	_, number, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(number)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// patience is how long a client may take for what a scene expects of it.
const patience = 15 * time.Second

// until makes calls until one is as wanted.
func (s *site) until(c channel, what string, how how, wanted func(answer) bool) {
	s.Helper()
	var last answer
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if last = c.calls(1, how)[0]; wanted(last) {
			return
		}
	}
	s.Fatalf("%s: not in %v; the last call came to %v", what, patience, last)
}

// reach makes calls until each of these backends has answered one.
func (s *site) reach(c channel, backends ...*lbtest.Backend) {
	s.Helper()
	for _, b := range backends {
		s.until(c, "an answer of backend "+strconv.Itoa(b.Number), waiting, func(a answer) bool { return a.backend == b.Number })
	}
}

// numbers are the backends that have answered, in order. A call that failed fails the test.
func (s *site) numbers(answers []answer) (of []int) {
	s.Helper()
	for i, a := range answers {
		if a.code != 0 {
			s.Fatalf("call %d of %d: %v", i, len(answers), a)
		}
		of = append(of, a.backend)
	}
	return of
}

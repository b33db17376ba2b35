package lbresolver_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/internal/dnstest"
	"github.com/actorlb/grpclb/internal/lbtest"
	"github.com/actorlb/grpclb/lbresolver"
)

// A site is a balancer, a backend and a fallback server on loopback, DNS that
// knows them, and a channel.
type site struct {
	*testing.T
	dns               *dnstest.Server
	network           lbtest.Network
	lb                *lbtest.Balancer
	backend, fallback *lbtest.Backend
	channel           *lbtest.Channel
}

func newSite(t *testing.T) *site {
	t.Helper()
	dns, err := dnstest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(dns.Close)
	n := lbtest.NewLoopback()
	s := &site{T: t, dns: dns, network: n, lb: lbtest.NewBalancer(t, n),
		backend: lbtest.NewBackend(t, n, 1), fallback: lbtest.NewBackend(t, n, 2)}
	dns.Set("shop.example.com", dnstest.Host("127.0.0.1"))
	s.balancerAt(s.lb)
	return s
}

// balancerAt has DNS say that the balancer is this one.
func (s *site) balancerAt(lb *lbtest.Balancer) {
	s.dns.Set("_grpclb._tcp.shop.example.com", dnstest.SRV(0, 0, portOf(s, lb.Addr()), "lb.example.com"))
	s.dns.Set("lb.example.com", dnstest.Host("127.0.0.1"))
}

func portOf(t testing.TB, addr string) uint16 {
	t.Helper()
	a, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return uint16(a.Port)
}

// service is what is dialled: the port is the fallback server's.
func (s *site) service() string {
	_, port, _ := net.SplitHostPort(s.fallback.Addr())
	return "shop.example.com:" + port
}

// dial makes a channel for the service, with these parameters in its target.
func (s *site) dial(parameters string, options ...grpc.DialOption) {
	s.Helper()
	quick := lbresolver.NewBuilder(
		lbresolver.WithMinInterval(time.Millisecond),
		lbresolver.WithBackoff(backoff.Config{BaseDelay: time.Millisecond, MaxDelay: 10 * time.Millisecond}))
	s.dialTarget("grpclb:///"+s.service()+"?dns="+s.dns.Addr()+parameters, append(options, grpc.WithResolvers(quick))...)
}

func (s *site) dialTarget(target string, options ...grpc.DialOption) {
	s.Helper()
	cc, err := grpc.NewClient(target, append([]grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}, options...)...)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { cc.Close() })
	cc.Connect()
	s.channel = &lbtest.Channel{CC: cc}
}

// answers fails the test unless a call is answered by that backend and had
// that token.
func (s *site) answers(by *lbtest.Backend, token string) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), 10*time.Second)
	defer cancel()
	got, err := s.channel.Unary(ctx, grpc.WaitForReady(true))
	if want := (lbtest.Answer{Backend: by.Number, Token: token}); err != nil || got != want {
		s.Fatalf("got %+v, %v, want %+v", got, err, want)
	}
}

// balance has the next call to the balancer answered by a list of the backend.
func (s *site) balance(lb *lbtest.Balancer, token string) *lbtest.Call {
	s.Helper()
	call := lb.Next()
	call.List(lbtest.Server(s.backend.Addr(), token))
	return call
}

// The target alone is enough: the balancer of the SRV record is asked for the
// service, and calls go where it says.
func TestChannel_SRV(t *testing.T) {
	s := newSite(t)
	s.dialTarget("grpclb:///" + s.service() + "?dns=" + s.dns.Addr())
	if name := s.balance(s.lb, "a").Name(); name != s.service() {
		t.Errorf("the balancer was asked for %q, want %q", name, s.service())
	}
	s.answers(s.backend, "a")
}

func TestChannel_Given(t *testing.T) {
	s := newSite(t)
	s.dns.Remove("_grpclb._tcp.shop.example.com")
	_, port, _ := net.SplitHostPort(s.lb.Addr())
	s.dialTarget("grpclb://lb.example.com:" + port + "/" + s.service() + "?dns=" + s.dns.Addr())
	if name := s.balance(s.lb, "a").Name(); name != s.service() {
		t.Errorf("the balancer was asked for %q, want %q", name, s.service())
	}
	s.answers(s.backend, "a")
}

// Without SRV records calls go to the service's own addresses, and once there
// are some, where the balancer says.
func TestChannel_FallbackFirst(t *testing.T) {
	s := newSite(t)
	s.dns.Remove("_grpclb._tcp.shop.example.com")
	s.dial("")
	s.answers(s.fallback, lbtest.NoToken)
	s.balancerAt(s.lb)
	s.fallback.Stop() // a connection that is lost has the channel ask again
	s.balance(s.lb, "a")
	s.answers(s.backend, "a")
}

// When the balancer is lost, DNS is asked where it is now.
func TestChannel_BalancerMoves(t *testing.T) {
	s := newSite(t)
	s.dial("")
	s.balance(s.lb, "a")
	s.answers(s.backend, "a")
	moved := lbtest.NewBalancer(t, s.network)
	s.balancerAt(moved)
	s.lb.Stop()
	s.balance(moved, "b")
	for s.backend.Tokens()[s.backend.Calls()-1] != "b" {
		if _, err := s.channel.Unary(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// A service config in DNS counts, and one that only speaks of methods does not
// change the policy.
func TestChannel_ServiceConfigInDNS(t *testing.T) {
	for name, text := range map[string]string{
		"other name": `{"loadBalancingConfig":[{"grpclb":{"serviceName":"other"}}]}`,
		"":           `{"methodConfig":[{"name":[{}],"waitForReady":true}]}`,
	} {
		s := newSite(t)
		s.dns.Set("_grpc_config.shop.example.com", dnstest.TXT(`grpc_config=[{"serviceConfig":`+text+`}]`))
		s.dial("")
		want := s.service()
		if name != "" {
			want = "other"
		}
		if got := s.balance(s.lb, "a").Name(); got != want {
			t.Errorf("%s: the balancer was asked for %q, want %q", text, got, want)
		}
		s.answers(s.backend, "a")
	}
}

// One of the user's counts with config=off, and with service configs disabled,
// whatever DNS has. Without either, that of DNS or the target's own counts.
func TestChannel_ServiceConfigOfUser(t *testing.T) {
	const inDNS = `grpc_config=[{"serviceConfig":{"loadBalancingConfig":[{"grpclb":{"serviceName":"of DNS"}}]}}]`
	users := grpc.WithDefaultServiceConfig(`{"loadBalancingConfig":[{"grpclb":{"serviceName":"of the user"}}]}`)
	for name, c := range map[string]struct {
		parameters, text string
		options          []grpc.DialOption
		want             string // empty: the service
	}{
		"off, not in DNS":  {"&config=off", "", []grpc.DialOption{users}, "of the user"},
		"off, in DNS":      {"&config=off", inDNS, []grpc.DialOption{users}, "of the user"},
		"disabled":         {"", inDNS, []grpc.DialOption{users, grpc.WithDisableServiceConfig()}, "of the user"},
		"on, in DNS":       {"", inDNS, []grpc.DialOption{users}, "of DNS"},
		"on, not in DNS":   {"", "", []grpc.DialOption{users}, ""},
		"on, and no users": {"&config=on", "", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			if c.text != "" {
				s.dns.Set("_grpc_config.shop.example.com", dnstest.TXT(c.text))
			}
			s.dial(c.parameters, c.options...)
			if c.want == "" {
				c.want = s.service()
			}
			if got := s.balance(s.lb, "a").Name(); got != c.want {
				t.Errorf("the balancer was asked for %q, want %q", got, c.want)
			}
			s.answers(s.backend, "a")
		})
	}
}

// With config=off and no service config at all, gRPC's own default holds: the
// first address of the service.
func TestChannel_ServiceConfigOff(t *testing.T) {
	s := newSite(t)
	s.dial("&config=off")
	s.answers(s.fallback, lbtest.NoToken)
	if n := s.lb.Conns(); n != 0 {
		t.Errorf("the balancer was connected to %d times", n)
	}
}

// A channel that is closed while DNS says nothing leaves nothing behind.
func TestChannel_ClosedEarly(t *testing.T) {
	s := newSite(t)
	s.dns.Silence("_grpclb._tcp.shop.example.com")
	s.dial("")
	<-s.dns.Await("_grpclb._tcp.shop.example.com", dnsmessage.TypeSRV, 1)
	if err := s.channel.CC.Close(); err != nil {
		t.Error(err)
	}
}

// What is wrong with a target is why the calls of its channel fail, and so is
// that nothing was found.
func TestChannel_Fails(t *testing.T) {
	s := newSite(t)
	for target, want := range map[string]string{
		"grpclb:///shop.example.com?fallbak=off":                      `unknown parameter "fallbak"`,
		"grpclb:///gone.example.com?fallback=off&dns=" + s.dns.Addr(): "no balancers for gone.example.com:443: DNS has none",
	} {
		s.dialTarget(target)
		_, err := s.channel.Unary(t.Context())
		if status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want UNAVAILABLE with %s", target, err, want)
		}
	}
}

// Channels that are closed at any moment of their beginning: whatever waits for
// whatever then, it ends.
func TestChannel_Churn(t *testing.T) {
	s := newSite(t)
	for i := range 30 {
		s.dial("")
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*100*time.Microsecond)
		// Whether there was time for an answer does not matter.
		_, _ = s.channel.Unary(ctx)
		cancel()
		if err := s.channel.CC.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

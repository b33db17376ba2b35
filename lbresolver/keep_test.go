package lbresolver

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/dnstest"
)

// staysAt fails the test if the channel is told anything but that while a question,
// which is repeated, is asked some times more.
func (c *channel) staysAt(t *testing.T, want string, r resolver.Resolver, s *dnstest.Server, name string, kind dnsmessage.Type) {
	t.Helper()
	enough := s.Await(name, kind, s.Asked(name, kind)+12) // several look-ups, of four packets at most
	for {
		r.ResolveNow(resolver.ResolveNowOptions{})
		select {
		case got := <-c.told:
			if got.String() != want {
				t.Fatalf("the channel was told\n%s\nwant nothing but\n%s", got, want)
			}
		case <-enough:
			return
		}
	}
}

// A failure for AAAA says nothing about A, nor the other way round: what is known
// of the one stays, and what is answered of the other counts.
func TestResolve_Keep_OneFamily(t *testing.T) {
	for _, code := range []dnsmessage.RCode{dnsmessage.RCodeServerFailure, dnsmessage.RCodeRefused, dnsmessage.RCodeNotImplemented} {
		s := startDNS(t)
		s.Set(shopSRV, dnstest.SRV(0, 0, 81, "a.example.com"))
		s.Set("a.example.com", dnstest.Host("10.0.0.1"), dnstest.Host("2001:db8::1"))
		c, r := resolve(t, "grpclb:///shop.example.com", s, quick...)
		c.expectSet(t, "balancers 10.0.0.1:81 as a.example.com, [2001:db8::1]:81 as a.example.com"+ours)
		s.Set("a.example.com", dnstest.Host("10.0.0.9"))
		s.FailType("a.example.com", dnsmessage.TypeAAAA, code)
		r.ResolveNow(resolver.ResolveNowOptions{})
		for {
			// The two messages to DNS may be seen one without the other.
			got := c.next(t).state
			addrs := []string{}
			for _, b := range balancersOf(got) {
				addrs = append(addrs, b.Addr)
			}
			slices.Sort(addrs)
			if !slices.Contains(addrs, "[2001:db8::1]:81") {
				t.Fatalf("%v: the IPv6 address is gone: %v", code, addrs)
			}
			if slices.Equal(addrs, []string{"10.0.0.9:81", "[2001:db8::1]:81"}) {
				break
			}
		}
	}
}

// A first look-up is of use though AAAA fails, for a balancer and for the service.
func TestResolve_Keep_FirstOfOneFamily(t *testing.T) {
	s := startDNS(t)
	s.Set(shopSRV, dnstest.SRV(0, 0, 81, "a.example.com"))
	for name, ip := range map[string]string{"a.example.com": "10.0.0.1", shop: "10.0.1.1"} {
		s.Set(name, dnstest.Host(ip))
		s.FailType(name, dnsmessage.TypeAAAA, dnsmessage.RCodeServerFailure)
	}
	c, r := resolve(t, "grpclb:///shop.example.com", s, quick...)
	c.expect(t, withBalancer)
	c.staysAt(t, withBalancer, r, s, "a.example.com", dnsmessage.TypeAAAA)
}

// Whatever goes wrong for one of the questions takes nothing away.
func TestResolve_Keep(t *testing.T) {
	const all = "balancers 10.0.0.1:81 as a.example.com, 10.0.0.2:82 as b.example.com | addresses 10.0.1.1:443"
	const text = `{"loadBalancingConfig":[{"x":{}}]}`
	for _, code := range []dnsmessage.RCode{dnsmessage.RCodeServerFailure, dnsmessage.RCodeRefused, dnsmessage.RCodeFormatError} {
		for name, kind := range map[string]dnsmessage.Type{
			shopSRV: dnsmessage.TypeSRV, "a.example.com": dnsmessage.TypeA, "b.example.com": dnsmessage.TypeA,
			shop: dnsmessage.TypeA, "_grpc_config." + shop: dnsmessage.TypeTXT,
		} {
			s := startDNS(t)
			s.Set(shop, dnstest.Host("10.0.1.1"))
			s.Set(shopSRV, dnstest.SRV(0, 0, 81, "a.example.com"), dnstest.SRV(1, 0, 82, "b.example.com"))
			s.Set("a.example.com", dnstest.Host("10.0.0.1"))
			s.Set("b.example.com", dnstest.Host("10.0.0.2"))
			s.Set("_grpc_config."+shop, dnstest.TXT(`grpc_config=[{"serviceConfig":`+text+`}]`))
			c, r := resolve(t, "grpclb:///shop.example.com", s, quick...)
			c.expect(t, all+" | config "+text)
			s.Fail(name, code)
			c.staysAt(t, all+" | config "+text, r, s, name, kind)
		}
	}
}

// The search list: a server fails for the name, and another has nothing under a
// search domain, with which Go's resolver ends. The conversation is the test's,
// because where Go takes the search list from is not.
func TestResolve_Keep_SearchDomain(t *testing.T) {
	failed := &net.DNSError{Err: "no such host", Name: "a.example.com", Server: "192.0.2.53:53", IsNotFound: true}
	for name, c := range map[string]struct {
		codes  map[string]dnsmessage.RCode // of the answer to each question; none is silence
		absent bool
	}{
		"both have nothing":  {map[string]dnsmessage.RCode{"a.": dnsmessage.RCodeNameError, "a.corp.": dnsmessage.RCodeNameError}, true},
		"one fails":          {map[string]dnsmessage.RCode{"a.": dnsmessage.RCodeServerFailure, "a.corp.": dnsmessage.RCodeNameError}, false},
		"one refuses":        {map[string]dnsmessage.RCode{"a.": dnsmessage.RCodeRefused, "a.corp.": dnsmessage.RCodeNameError}, false},
		"one is silent":      {map[string]dnsmessage.RCode{"a.corp.": dnsmessage.RCodeNameError}, false},
		"the domain refuses": {map[string]dnsmessage.RCode{"a.": dnsmessage.RCodeNameError, "a.corp.": dnsmessage.RCodeRefused}, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWatch()
			for _, q := range []string{"a.", "a.corp."} {
				talk(t, w, q, c.codes)
			}
			err := w.verdict("a.example.com", failed)
			if isAbsent(err) != c.absent {
				t.Errorf("got %v", err)
			}
		})
	}
}

// talk asks for the AAAA records of a name over a connection that the watch sees.
func talk(t *testing.T, w watch, name string, codes map[string]dnsmessage.RCode) {
	t.Helper()
	here, there := net.Pipe()
	defer there.Close()
	conn, err := w.over(func(context.Context, string, string) (net.Conn, error) { return here, nil })(t.Context(), "tcp", "192.0.2.53:53")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	m := dnsmessage.Message{Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(name), Type: dnsmessage.TypeAAAA, Class: dnsmessage.ClassINET}}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		query := make([]byte, 512)
		n, _ := there.Read(query)
		code, answers := codes[name]
		if !answers || n == 0 {
			return
		}
		m := m
		m.Header = dnsmessage.Header{Response: true, RCode: code, RecursionAvailable: true}
		packed, _ := m.Pack()
		_, _ = there.Write(append([]byte{0, byte(len(packed))}, packed...))
	}()
	packed, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write(append([]byte{0, byte(len(packed))}, packed...)); err != nil {
		t.Fatal(err)
	}
	if _, answers := codes[name]; answers {
		for _, n := range []int{2, len(packed)} { // as Go's resolver reads
			if _, err := conn.Read(make([]byte, n)); err != nil {
				t.Fatal(err)
			}
		}
	}
	<-done
}

// A server that can't be reached has not answered. Beside another that has, it is
// of no interest.
func TestResolve_Keep_Unreachable(t *testing.T) {
	s := startDNS(t)
	s.Set("a.example.com", dnstest.Host("10.0.0.1"))
	var d net.Dialer
	broken := &net.OpError{Op: "dial", Net: "udp", Err: net.UnknownNetworkError("none")}
	for name, c := range map[string]struct {
		works int // dials that work, of each three
		known bool
	}{"never": {0, false}, "always": {3, true}} {
		t.Run(name, func(t *testing.T) {
			n := network{preferGo: true, dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
				if c.works == 0 {
					return nil, broken
				}
				return d.DialContext(ctx, network, s.Addr())
			}}
			_, err := n.LookupHost(t.Context(), "gone.example.com.")
			if isAbsent(err) != c.known {
				t.Errorf("got %v", err)
			}
			if !c.known && !strings.Contains(err.Error(), broken.Error()) {
				t.Errorf("got %v, want %v in it", err, broken)
			}
		})
	}
}

// A packet that was cut short is no answer; what comes over the stream then is.
func TestResolve_Keep_Truncated(t *testing.T) {
	s := startDNS(t)
	var many []dnstest.Record
	for i := range 60 {
		many = append(many, dnstest.Host(net.IPv4(10, 0, 0, byte(i)).String()))
	}
	s.Set("a.example.com", many...)
	n := network{preferGo: true, dial: toServer(s.Addr())}
	if ips, err := n.LookupHost(t.Context(), "a.example.com."); len(ips) != 60 || err != nil {
		t.Errorf("got %d addresses, %v", len(ips), err)
	}
	w := newWatch()
	q := dnsmessage.Question{Name: dnsmessage.MustNewName("a."), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}
	cut := dnsmessage.Message{Header: dnsmessage.Header{Response: true, Truncated: true, RecursionAvailable: true}, Questions: []dnsmessage.Question{q}}
	packed, err := cut.Pack()
	if err != nil {
		t.Fatal(err)
	}
	w.asks(packed)
	w.hears(packed, true)
	if err := w.verdict("a.", nil); err == nil {
		t.Error("it was taken for an answer")
	}
}

// So is a referral: a server that is no authority, asks no other and has nothing.
func TestResolve_Keep_Referral(t *testing.T) {
	q := dnsmessage.Question{Name: dnsmessage.MustNewName("a."), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}
	for _, h := range []dnsmessage.Header{{Response: true}, {Response: true, Authoritative: true}, {Response: true, RecursionAvailable: true}} {
		m := dnsmessage.Message{Header: h, Questions: []dnsmessage.Question{q}}
		packed, err := m.Pack()
		if err != nil {
			t.Fatal(err)
		}
		w := newWatch()
		w.asks(packed)
		w.hears(packed, true)
		if err := w.verdict("a.", errAbsent); isAbsent(err) != (h.Authoritative || h.RecursionAvailable) {
			t.Errorf("%+v: got %v", h, err)
		}
	}
}

// A name that keeps its addresses has them at the port of its newest SRV record.
func TestResolve_Keep_NewPort(t *testing.T) {
	inBubble(t, nil, func(b *bubble) {
		b.tells(withBalancer)
		b.change(func(m *memory) {
			m.records = []*net.SRV{{Target: "a.example.com.", Port: 85}}
			m.hosts["a.example.com."] = "fail"
		})
		b.until(time.Minute)
		b.ask()
		b.tells("balancers 10.0.0.1:85 as a.example.com | " + fallbackOnly)
		b.until(time.Minute + time.Hour)
		b.tells(fallbackOnly)
	})
}

// The service's addresses are given up in their time, and the rest goes on.
func TestResolve_Keep_Addresses(t *testing.T) {
	inBubble(t, nil, func(b *bubble) {
		b.tells(withBalancer)
		b.change(fails(shop))
		b.until(time.Minute)
		b.ask()
		b.until(time.Minute + time.Hour - 1)
		b.tells()
		b.until(time.Minute + time.Hour)
		b.tells("balancers 10.0.0.1:81 as a.example.com" + ours)
	})
}

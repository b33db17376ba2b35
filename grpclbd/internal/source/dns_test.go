package source

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/net/dns/dnsmessage"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/internal/dnstest"
)

// A source asks a real server, over real sockets.
func TestSource_DNS(t *testing.T) {
	server, err := dnstest.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	server.Set("greeter.internal", dnstest.Host("10.0.0.2"), dnstest.Host("10.0.0.1"),
		dnstest.Host("::1"), dnstest.Host("0.0.0.0"), dnstest.Host("::ffff:10.0.0.3"))
	l := listen(t, config.Source{DNS: "greeter.internal:50051", Resolve: server.Addr(), Zone: "z"}, Deps{})
	r := l.untilAre("10.0.0.1:50051", "10.0.0.2:50051", "10.0.0.3:50051", "[::1]:50051")
	if !strings.Contains(r.Warning, "0.0.0.0") || r.Backends[0].Zone != "z" {
		t.Errorf("it says %+v", r)
	}
	for name, spoil := range map[string]func(name string){
		"does not exist or has no address": server.Remove,
		"has no address":                   func(name string) { server.Set(name) },
		"SERVFAIL":                         func(name string) { server.Fail(name, dnsmessage.RCodeServerFailure) },
		"AAAA greeter2.internal.: server ": func(name string) {
			server.Set(name, dnstest.Host("10.0.0.1"))
			server.FailType(name, dnsmessage.TypeAAAA, dnsmessage.RCodeRefused)
		},
		"is no address that clients can connect to": func(name string) { server.Set(name, dnstest.Host("0.0.0.0")) },
	} {
		spoil("greeter2.internal")
		l := listen(t, config.Source{DNS: "greeter2.internal:50051", Resolve: server.Addr()}, Deps{})
		if err := l.untilFails(); !strings.Contains(err.Error(), name) {
			t.Errorf("the error is %v, want one with %q", err, name)
		}
	}
	for _, name := range []string{"greeter", "greeter:0", "greeter:http", ":1", "10.0.0.1:1", "[::1]:1", "a..b:1", strings.Repeat("a", 64) + ":1"} {
		l := listen(t, config.Source{DNS: name, Resolve: server.Addr()}, Deps{})
		if err := l.untilFails(); !strings.HasPrefix(err.Error(), "dns: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// serve starts a name server that answers as the function says; nil: not at all. The
// function is told whether it was asked by TCP.
func serve(t *testing.T, answer func(q *dns.Msg, tcp bool) *dns.Msg) string {
	t.Helper()
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	udp, err := net.ListenPacket("udp", tcp.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	handler := func(isTCP bool) dns.Handler {
		return dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
			if m := answer(q, isTCP); m != nil {
				_ = w.WriteMsg(m)
			}
		})
	}
	for _, s := range []*dns.Server{{PacketConn: udp, Handler: handler(false)}, {Listener: tcp, Handler: handler(true)}} {
		started := make(chan struct{})
		s.NotifyStartedFunc = func() { close(started) }
		ended := make(chan struct{})
		go func() { defer close(ended); _ = s.ActivateAndServe() }()
		<-started
		t.Cleanup(func() { _ = s.Shutdown(); <-ended })
	}
	return tcp.Addr().String()
}

// records returns an answer with these records, each a line of a zone file.
func records(q *dns.Msg, lines ...string) *dns.Msg {
	m := new(dns.Msg).SetReply(q)
	for _, line := range lines {
		r, err := dns.NewRR(line)
		if err != nil {
			panic(err)
		}
		m.Answer = append(m.Answer, r)
	}
	return m
}

// ask looks up a name at these servers.
func ask(t *testing.T, name string, servers ...string) answer {
	return resolver{servers, time.Second, 1}.addresses(t.Context(), name)
}

func wantIPs(t *testing.T, got answer, ttl time.Duration, ips ...string) {
	t.Helper()
	var texts []string
	for _, ip := range got.ips {
		texts = append(texts, ip.String())
	}
	if got.err != nil || got.ttl != ttl || !slices.Equal(texts, ips) {
		t.Errorf("got %v for %v, %v; want %v for %v", texts, got.ttl, got.err, ips, ttl)
	}
}

func wantNone(t *testing.T, got answer, err string) {
	t.Helper()
	if got.err == nil || !strings.Contains(got.err.Error(), err) || got.ips != nil {
		t.Errorf("got %v, %v; want an error with %q", got.ips, got.err, err)
	}
}

// Only the records of the type and the name count, or those to which its aliases lead; the shortest
// TTL among them is that of the answer.
func TestSource_DNS_Records(t *testing.T) {
	zone := map[uint16][]string{
		dns.TypeA: {"a.test. 100 IN CNAME B.test.", "b.test. 40 IN CNAME c.test.", "C.TEST. 60 IN A 10.0.0.1", "c.test. 50 IN A 10.0.0.2",
			"other.test. 1 IN A 10.9.9.9", "a.test. 1 IN TXT x", "c.test. 1 IN AAAA ::9"},
		dns.TypeAAAA: {"a.test. 90 IN CNAME c.test."}, // and no address: c.test is asked for
	}
	addr := serve(t, func(q *dns.Msg, _ bool) *dns.Msg {
		if q.Question[0].Name == "c.test." {
			return records(q, "c.test. 30 IN AAAA ::1")
		}
		return records(q, zone[q.Question[0].Qtype]...)
	})
	wantIPs(t, ask(t, "a.test.", addr), 30*time.Second, "10.0.0.1", "10.0.0.2", "::1")
}

func TestSource_DNS_Aliases(t *testing.T) {
	for want, lines := range map[string][]string{
		"go round in a circle": {"a.test. 1 IN CNAME b.test.", "b.test. 1 IN CNAME a.test."},
		"too many aliases":     nil, // each answer has another alias
	} {
		addr := serve(t, func(q *dns.Msg, _ bool) *dns.Msg {
			if lines == nil {
				return records(q, q.Question[0].Name+" 1 IN CNAME x."+q.Question[0].Name)
			}
			return records(q, lines...)
		})
		wantNone(t, ask(t, "a.test.", addr), want)
	}
}

// A TTL has 31 bits. With the highest bit set it counts as zero.
func TestSource_DNS_OddTTLs(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "1": time.Second, "2147483647": (1<<31 - 1) * time.Second, "2147483648": 0, "4294967295": 0,
	} {
		addr := serve(t, func(q *dns.Msg, _ bool) *dns.Msg {
			if q.Question[0].Qtype == dns.TypeAAAA {
				return records(q)
			}
			m := records(q, "a.test. 1 IN A 10.0.0.1")
			_, _ = fmt.Sscan(text, &m.Answer[0].Header().Ttl)
			return m
		})
		wantIPs(t, ask(t, "a.test.", addr), want, "10.0.0.1")
	}
}

// A thousand addresses do not fit into an answer by UDP.
func TestSource_DNS_Truncated(t *testing.T) {
	full := true
	thousand := func(q *dns.Msg, tcp bool) *dns.Msg {
		m := records(q)
		if q.Question[0].Qtype == dns.TypeAAAA {
			return m
		}
		for n := range 1000 {
			m.Answer = append(m.Answer, records(q, fmt.Sprintf("a.test. 7 IN A 10.0.%d.%d", n/250, n%250)).Answer...)
		}
		if !tcp {
			m.Truncate(packet)
		}
		m.Truncated = m.Truncated || !full
		return m
	}
	got := ask(t, "a.test.", serve(t, thousand))
	if got.err != nil || len(got.ips) != 1000 || got.ttl != 7*time.Second {
		t.Errorf("got %d addresses for %v, %v", len(got.ips), got.ttl, got.err)
	}
	full = false
	wantNone(t, ask(t, "a.test.", serve(t, thousand)), "truncated by TCP too")
}

// What is no answer to the question is not used; the next server is asked.
func TestSource_DNS_WrongAnswers(t *testing.T) {
	t.Parallel()
	good := serve(t, func(q *dns.Msg, _ bool) *dns.Msg { return records(q, "a.test. 9 IN A 10.0.0.1") })
	for want, answer := range map[string]func(q *dns.Msg) *dns.Msg{
		"no answer in time": func(q *dns.Msg) *dns.Msg { m := records(q, "a.test. 9 IN A 10.6.6.6"); m.Id++; return m },
		"another question": func(q *dns.Msg) *dns.Msg {
			m := records(q, "a.test. 9 IN A 10.6.6.6")
			m.Question[0].Name = "b.test."
			return m
		},
		"it answered SERVFAIL":         func(q *dns.Msg) *dns.Msg { return new(dns.Msg).SetRcode(q, dns.RcodeServerFailure) },
		"it answered REFUSED":          func(q *dns.Msg) *dns.Msg { return new(dns.Msg).SetRcode(q, dns.RcodeRefused) },
		"it answered FORMERR":          func(q *dns.Msg) *dns.Msg { return new(dns.Msg).SetRcodeFormatError(q) },
		"it answered with the code 15": func(q *dns.Msg) *dns.Msg { return new(dns.Msg).SetRcode(q, 15) },
		"no answer in time (nil)":      func(q *dns.Msg) *dns.Msg { return nil },
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			bad := serve(t, func(q *dns.Msg, _ bool) *dns.Msg { return answer(q) })
			wantNone(t, ask(t, "a.test.", bad), strings.TrimSuffix(want, " (nil)"))
			wantIPs(t, ask(t, "a.test.", bad, good), 9*time.Second, "10.0.0.1")
		})
	}
	chaos := serve(t, func(q *dns.Msg, _ bool) *dns.Msg {
		return records(q, "a.test. 9 CH A 10.6.6.6", "a.test. 9 IN A 10.0.0.1", "b.test. 9 IN A 10.6.6.6")
	})
	wantIPs(t, ask(t, "a.test.", chaos), 9*time.Second, "10.0.0.1")
	closed, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	wantIPs(t, ask(t, "a.test.", closed.LocalAddr().String(), good), 9*time.Second, "10.0.0.1")
	wantNone(t, ask(t, "a.test.", closed.LocalAddr().String()), "refused")
}

// Search domains are those of the system, unless the name ends in a dot or a server is given.
func TestSource_DNS_SearchDomains(t *testing.T) {
	c := &dns.ClientConfig{Servers: []string{"10.0.0.53", "not an address", "fd00::53"}, Search: []string{"ns.svc.test"}, Ndots: 1, Timeout: 60, Attempts: 100}
	for host, want := range map[string][]string{
		"greeter":       {"greeter.ns.svc.test.", "greeter."},
		"greeter.test":  {"greeter.test.", "greeter.test.ns.svc.test."},
		"greeter.test.": {"greeter.test."},
	} {
		if got := c.NameList(host); !slices.Equal(got, want) {
			t.Errorf("%s is asked for as %v, want %v", host, got, want)
		}
	}
	r := system(c)
	if !slices.Equal(r.servers, []string{"10.0.0.53:53", "[fd00::53]:53"}) || r.timeout != 5*time.Second || r.attempts != 5 {
		t.Errorf("the system's resolver is %+v", r)
	}
	if r := system(&dns.ClientConfig{Timeout: 5, Attempts: 2}); !slices.Equal(r.servers, []string{"127.0.0.1:53"}) {
		t.Errorf("without a name server it asks %v", r.servers)
	}
	_, names, err := lookup{"greeter", "10.0.0.1:53"}.plan()
	if err != nil || !slices.Equal(names, []string{"greeter."}) {
		t.Errorf("a given server is asked for %v, %v", names, err)
	}
}

// inBubble runs a source whose look-ups have these results, one after the other.
func inBubble(t *testing.T, test func(t *testing.T, l *listener, results chan answer)) {
	synctest.Test(t, func(t *testing.T) {
		l, results, group := newListener(t), make(chan answer), actor.NewGroup()
		d := newDNS(config.Source{DNS: "greeter.test:1"}, teller{7, l}, group)
		d.look = func(ctx context.Context) answer {
			select {
			case a := <-results:
				return a
			case <-ctx.Done():
				return answer{err: ctx.Err()}
			}
		}
		group.Go(d.run)
		defer group.Stop()
		test(t, l, results)
	})
}

var one = []netip.Addr{netip.MustParseAddr("10.0.0.1")}

// The name is looked up when its TTL is over, within bounds.
func TestSource_DNS_TimeToLive(t *testing.T) {
	inBubble(t, func(t *testing.T, l *listener, results chan answer) {
		results <- answer{ips: one}
		first := l.next()
		for _, ttl := range []time.Duration{0, time.Second, 20 * time.Second, 100 * time.Second, time.Hour} {
			results <- answer{ips: one, ttl: ttl}
			r := l.next()
			if !r.Same(first) || !r.At.Equal(time.Now()) {
				t.Errorf("the same answer is told as %+v", r)
			}
			began := time.Now()
			results <- answer{ips: one}
			l.next()
			bounded := min(max(ttl, 5*time.Second), 5*time.Minute)
			if took := time.Since(began); took < max(bounded*9/10, 5*time.Second) || took > min(bounded*11/10, 5*time.Minute) {
				t.Errorf("with a TTL of %v it is looked up after %v", ttl, took)
			}
		}
	})
}

// A failure is told once, with its words, and asked for again, later and later.
func TestSource_LastKnown_DNS(t *testing.T) {
	inBubble(t, func(t *testing.T, l *listener, results chan answer) {
		results <- answer{ips: one}
		first := l.next()
		fails := answer{err: errors.New("SERVFAIL")}
		results <- fails
		if r := l.next(); r.Err == nil || r.Backends != nil {
			t.Errorf("a failure is told as %+v", r)
		}
		for _, base := range []time.Duration{1000, 1600, 2560, 4096, 6554, 10486, 16777, 26844, 30000, 30000} {
			base *= time.Millisecond
			began := time.Now()
			results <- fails
			if took := time.Since(began); took < base*8/10 || took > base*12/10+time.Millisecond {
				t.Errorf("a look-up is repeated after %v, want %v ± 20 %%", took, base)
			}
		}
		synctest.Wait()
		if n := len(l.reports); n != 0 {
			t.Errorf("the same failure was told %d times more", n)
		}
		results <- answer{err: errors.New("does not exist")}
		if r := l.next(); r.Err == nil {
			t.Errorf("another failure is told as %+v", r)
		}
		results <- answer{ips: one}
		if r := l.next(); !r.Same(first) {
			t.Errorf("after the failure it tells %+v", r)
		}
		began := time.Now()
		results <- fails
		l.next()
		results <- fails
		if took := time.Since(began); took > 8*time.Second {
			t.Errorf("the first repetition after a success came after %v", took)
		}
	})
}

// Stop ends a look-up that runs.
func TestSource_DNS_Stop(t *testing.T) {
	asked := make(chan struct{}, 100)
	silent := serve(t, func(*dns.Msg, bool) *dns.Msg { asked <- struct{}{}; return nil })
	l := newListener(t)
	s := Start(config.Source{DNS: "greeter.test:1", Resolve: silent}, 7, l, Deps{Log: silentLog})
	<-asked
	began := time.Now()
	s.Stop()
	if took := time.Since(began); took > time.Second {
		t.Errorf("Stop took %v", took)
	}
	if len(l.reports) != 0 {
		t.Errorf("a look-up that was ended is told as %+v", <-l.reports)
	}
}

package lbresolver

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/resolver"
)

// A memory takes the place of DNS, in bubbles: its answers take no time, or all
// the time there is. It is also the builder of the resolver for the service's
// addresses, and that resolver.
type memory struct {
	mu      sync.Mutex
	records []*net.SRV
	failure error             // of looking up SRV records
	hosts   map[string]string // the address of each name; "hang" hangs
	looks   []time.Duration   // when SRV records were looked up
	began   time.Time

	cc     resolver.ClientConn // the listener's
	asked  int                 // calls of ResolveNow
	closed bool
}

// errFailing is a failure to find out; errAbsent is DNS's word.
var (
	errFailing = &net.DNSError{Err: "server misbehaving", IsTemporary: true}
	errAbsent  = &net.DNSError{Err: "no such host", IsNotFound: true}
)

func (m *memory) LookupSRV(ctx context.Context, service, proto, name string) (string, []*net.SRV, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if service != "grpclb" || proto != "tcp" || name != "shop.example.com" {
		return "", nil, errors.New("a look-up of something else")
	}
	m.looks = append(m.looks, time.Since(m.began))
	return "", m.records, m.failure
}

func (m *memory) LookupHost(ctx context.Context, host string) ([]string, error) {
	m.mu.Lock()
	address, ok := m.hosts[host]
	m.mu.Unlock()
	if address == "hang" {
		<-ctx.Done()
	}
	switch {
	case !ok:
		return nil, errAbsent
	case ctx.Err() != nil:
		return nil, &net.DNSError{Err: ctx.Err().Error(), IsTimeout: true}
	}
	return []string{address}, nil
}

func (m *memory) Build(t resolver.Target, cc resolver.ClientConn, _ resolver.BuildOptions) (resolver.Resolver, error) {
	if t.URL.String() != "dns:///shop.example.com:443" {
		return nil, errors.New("the target is " + t.URL.String())
	}
	m.cc = cc
	return m, nil
}

func (*memory) Scheme() string { return "dns" }

func (m *memory) ResolveNow(resolver.ResolveNowOptions) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked++
}

func (m *memory) Close() { m.closed = true }

// A bubble is a resolver for shop.example.com over a memory that knows one
// balancer, and the service's address once it is told to say so.
type bubble struct {
	*testing.T
	*memory
	*channel
	resolver *handle
}

// steady is a backoff without jitter.
var steady = backoff.Config{BaseDelay: time.Second, Multiplier: 2, MaxDelay: 10 * time.Second}

// inBubble runs test with a resolver that has just begun. The channel answers
// with these errors, one after the other.
func inBubble(t *testing.T, setUp func(*memory), test func(*bubble), answers ...error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{T: t, channel: newChannel(answers...), memory: &memory{
			records: []*net.SRV{{Target: "a.example.com.", Port: 81}},
			hosts:   map[string]string{"a.example.com.": "10.0.0.1", "b.example.com.": "10.0.0.2"},
			began:   time.Now(),
		}}
		if setUp != nil {
			setUp(b.memory)
		}
		parsed, err := parse(targetOf(t, "grpclb:///shop.example.com").URL)
		if err != nil {
			t.Fatal(err)
		}
		f := figures{interval: 30 * time.Second, keep: time.Hour, backoff: steady}
		b.resolver, err = start(setup{parsed, f, b.memory, b.memory}, b.channel, resolver.BuildOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer b.resolver.Close()
		synctest.Wait()
		test(b)
	})
}

// found has the service's addresses looked up.
func (b *bubble) found(addresses ...string) {
	s := resolver.State{Endpoints: []resolver.Endpoint{}}
	for _, a := range addresses {
		s.Endpoints = append(s.Endpoints, resolver.Endpoint{Addresses: []resolver.Address{{Addr: a}}})
	}
	if err := b.memory.cc.UpdateState(s); err != nil {
		b.Error(err)
	}
	synctest.Wait()
}

// change changes what DNS says.
func (b *bubble) change(to func(*memory)) {
	b.memory.mu.Lock()
	defer b.memory.mu.Unlock()
	to(b.memory)
}

// ask has the channel ask to resolve again.
func (b *bubble) ask() {
	b.resolver.ResolveNow(resolver.ResolveNowOptions{})
	synctest.Wait()
}

// until sleeps until that long after the beginning.
func (b *bubble) until(d time.Duration) {
	time.Sleep(time.Until(b.began.Add(d)))
	synctest.Wait()
}

// lookedAt fails the test unless SRV records were looked up at these times, in
// seconds after the beginning.
func (b *bubble) lookedAt(seconds ...float64) {
	b.Helper()
	b.memory.mu.Lock()
	defer b.memory.mu.Unlock()
	var got []float64
	for _, l := range b.looks {
		got = append(got, l.Seconds())
	}
	if len(got) != len(seconds) {
		b.Fatalf("looked at %v s, want %v", got, seconds)
	}
	for i := range got {
		if got[i] != seconds[i] {
			b.Fatalf("looked at %v s, want %v", got, seconds)
		}
	}
}

// tells fails the test unless this, and nothing else, was told to the channel
// since it was last looked at.
func (b *bubble) tells(want ...string) {
	b.Helper()
	synctest.Wait()
	for _, w := range want {
		select {
		case got := <-b.told:
			if got.String() != w {
				b.Fatalf("told %s\nwant %s", got, w)
			}
		default:
			b.Fatalf("told nothing, want %s", w)
		}
	}
	select {
	case got := <-b.told:
		b.Fatalf("told %s, and should not be", got)
	default:
	}
}

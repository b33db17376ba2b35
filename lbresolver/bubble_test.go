package lbresolver

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/diary"
)

// A memory takes the place of DNS, in bubbles: its answers take no time, or all
// the time there is.
type memory struct {
	mu      sync.Mutex
	records []*net.SRV
	failure error             // of looking up SRV records
	hosts   map[string]string // the address of each name; "hang" hangs, "fail" fails
	text    string            // of the TXT record, the same
	looks   []time.Duration   // when SRV records were looked up
	texts   []time.Duration   // and TXT records
	service []time.Duration   // and the service's addresses
	began   time.Time
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
	if host == shop {
		m.service = append(m.service, time.Since(m.began))
	}
	m.mu.Unlock()
	return m.answer(ctx, address, ok)
}

func (m *memory) LookupTXT(ctx context.Context, name string) ([]string, error) {
	m.mu.Lock()
	text := m.text
	m.texts = append(m.texts, time.Since(m.began))
	m.mu.Unlock()
	if name != "_grpc_config."+shop {
		return nil, errors.New("a look-up of something else")
	}
	return m.answer(ctx, text, text != "")
}

func (m *memory) answer(ctx context.Context, value string, ok bool) ([]string, error) {
	if value == "hang" {
		<-ctx.Done()
	}
	switch {
	case !ok:
		return nil, errAbsent
	case ctx.Err() != nil:
		return nil, &net.DNSError{Err: ctx.Err().Error(), IsTimeout: true}
	case value == "fail":
		return nil, errFailing
	}
	return strings.Fields(value), nil
}

// A bubble is a resolver for shop.example.com over a memory that knows one
// balancer and the service's address.
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
	inBubbleFor(t, "grpclb:///shop.example.com", setUp, test, answers...)
}

// inBubbleFor is inBubble for another target.
func inBubbleFor(t *testing.T, target string, setUp func(*memory), test func(*bubble), answers ...error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{T: t, channel: newChannel(answers...), memory: &memory{
			records: []*net.SRV{{Target: "a.example.com.", Port: 81}},
			hosts:   map[string]string{"a.example.com.": "10.0.0.1", "b.example.com.": "10.0.0.2", shop: "10.0.1.1"},
			began:   time.Now(),
		}}
		if setUp != nil {
			setUp(b.memory)
		}
		parsed, err := parse(targetOf(t, target).URL)
		if err != nil {
			t.Fatal(err)
		}
		s := setup{target: parsed, log: diary.For(targetOf(t, target), nil), names: b.memory, texts: b.memory, seed: alphabetical(),
			figures: figures{interval: 30 * time.Second, keep: time.Hour, backoff: steady, refresh: parsed.refresh}}
		if parsed.config {
			s.own = &serviceConfig{text: ownText, parsed: b.channel.ParseServiceConfig(ownText)}
		}
		b.resolver = start(s, b.channel)
		defer b.resolver.Close()
		synctest.Wait()
		test(b)
	})
}

// alphabetical returns a seed by which a.example.com comes before
// b.example.com, as SRV targets and as a balancer's name.
func alphabetical() (s seed) {
	for ; ; s++ {
		if s.chance("a.example.com.:81") < s.chance("b.example.com.:82") {
			return s
		}
	}
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
	b.were("SRV records", &b.looks, seconds)
}

// were fails the test unless such were looked up at these times.
func (b *bubble) were(what string, looked *[]time.Duration, seconds []float64) {
	b.Helper()
	b.memory.mu.Lock()
	defer b.memory.mu.Unlock()
	var got []float64
	for _, l := range *looked {
		got = append(got, l.Seconds())
	}
	if !slices.Equal(got, seconds) {
		b.Fatalf("looked up %s at %v s, want %v", what, got, seconds)
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

package rrgroup

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/balancer"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/connectivity"

	"github.com/actorlb/grpclb/internal/lbtest"
	"github.com/actorlb/grpclb/tokens"
)

// An actionCount counts what the core has had done.
type actionCount struct{ made, connected, shut, published, retired int }

// A bulk is a core with many backends. The test does what the core wants done, in place of
// the group.
type bulk struct {
	core    *core
	now     time.Time
	count   actionCount
	drained []*generation
	news    []*subConn // that have not reported
}

func newBulk() *bulk {
	m := &bulk{core: newCore(nil, Settings{}), now: time.Unix(1e9, 0)}
	m.core.settings = tenSeconds
	return m
}

// adopt adopts a list, has all of its backends READY, and returns when the core wants
// nothing done.
func (m *bulk) adopt(list *tokens.List) {
	m.core.adopt(&Plan{List: list, Stream: 1}, m.now, 0)
	for m.settle() || m.reports() || m.ends() {
	}
}

func (m *bulk) settle() bool {
	todo := m.core.settle(m.now)
	for _, a := range todo {
		m.perform(a)
	}
	return len(todo) > 0
}

func (m *bulk) perform(a action) {
	switch a := a.(type) {
	case makeSubConn:
		m.count.made++
		m.news = append(m.news, a.conn)
	case connect:
		m.count.connected++
	case shutDown:
		m.count.shut++
	case publish:
		m.count.published++
	case retire:
		m.count.retired++
		a.generation.retire(func() { m.drained = append(m.drained, a.generation) })
	}
}

func (m *bulk) reports() bool {
	for _, c := range m.news {
		c.sc = &connection{}
		m.core.reported(c, balancer.SubConnState{ConnectivityState: connectivity.Ready})
	}
	n := len(m.news)
	m.news = m.news[:0]
	m.now = m.now.Add(time.Second)
	return n > 0
}

func (m *bulk) ends() bool {
	for _, g := range m.drained {
		m.core.ended(g)
	}
	n := len(m.drained)
	m.drained = m.drained[:0]
	return n > 0
}

// numbered returns a list of n backends with a token each.
func numbered(n int, token string) *lbpb.ServerList {
	l := &lbpb.ServerList{}
	for i := range n {
		l.Servers = append(l.Servers, lbtest.Server(fmt.Sprintf("10.1.%d.%d:80", i>>8, i&255), fmt.Sprint(token, i)))
	}
	return l
}

// A list that differs from the one before in one entry costs one SubConn and two pickers:
// one for the backends that are READY already, one with the new one. Each backend that
// stays costs no more than its place in the rotation.
func TestHandover_CostOfOneEntry(t *testing.T) {
	const n = 10_000
	first := numbered(n, "t")
	second := &lbpb.ServerList{Servers: slices.Clone(first.Servers)}
	second.Servers[n/2] = lbtest.Server("10.2.0.1:80", "new")
	last := tokens.Parse(first, nil)
	next := tokens.Parse(second, last)

	m := newBulk()
	m.adopt(last)
	want(t, "done to bring up", m.count, actionCount{made: n, connected: n, published: 1})
	m.count = actionCount{}
	got := bytesOf(func() { m.adopt(next) })
	want(t, "done for a new entry", m.count, actionCount{made: 1, connected: 1, published: 2, retired: 1})
	if each := got / n; each > 130 {
		t.Errorf("%d bytes for each backend, want 130 at most", each)
	}
}

// Other tokens cost other metadata, and no SubConn.
func TestHandover_CostOfAllTokens(t *testing.T) {
	const n = 1000
	last := tokens.Parse(numbered(n, "t"), nil)
	next := tokens.Parse(numbered(n, "u"), last)
	m := newBulk()
	m.adopt(last)
	m.count = actionCount{}
	m.adopt(next)
	want(t, "done for other tokens", m.count, actionCount{published: 1, retired: 1})
}

// bytesOf returns how much f allocates.
func bytesOf(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// BenchmarkState shows for how long the group does nothing else while it describes 10,000
// backends: the generations, the totals, and each question about SubConns.
func BenchmarkState(b *testing.B) {
	m := newBulk()
	m.adopt(tokens.Parse(numbered(10_000, "t"), nil))
	conns := m.core.state().conns
	b.Run("generations", func(b *testing.B) {
		for b.Loop() {
			m.core.state()
		}
	})
	b.Run("totals", func(b *testing.B) {
		for b.Loop() {
			m.core.current.totals()
		}
	})
	b.Run("subconns", func(b *testing.B) {
		rows := make([]SubConnState, 0, len(conns))
		for b.Loop() {
			rows = m.core.statesOf(conns[:perQuestion], rows[:0])
		}
	})
}

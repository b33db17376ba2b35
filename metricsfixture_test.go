package grpclb_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/balancer"
	estats "google.golang.org/grpc/experimental/stats"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb"
	"github.com/actorlb/grpclb/internal/lbtest"
)

// A recorder keeps what is recorded: of counts the sums, of gauges the latest value, of
// histograms the number and the sum. Its keys are "metric label label", without the target.
type recorder struct {
	estats.MetricsRecorder // nil: it has other methods in other releases of gRPC

	t      testing.TB
	values map[string]float64
	many   map[string]int
}

func (r *recorder) key(d *estats.MetricDescriptor, labels []string) string {
	if len(labels) != len(d.Labels) || labels[0] != "lbtest:///"+lbtest.Service {
		r.t.Errorf("%s has the labels %q, want %q, of which the first is the target", d.Name, labels, d.Labels)
	}
	return strings.Join(append([]string{d.Name}, labels[1:]...), " ")
}

func (r *recorder) add(d *estats.MetricDescriptor, v float64, labels []string) {
	key := r.key(d, labels)
	if _, there := r.values[key]; v < 0 || v == 0 && there {
		r.t.Errorf("%s is increased by %v", key, v)
	}
	r.values[key] += v
}

func (r *recorder) RecordInt64Count(h *estats.Int64CountHandle, v int64, labels ...string) {
	r.add(h.Descriptor(), float64(v), labels)
}

func (r *recorder) RecordFloat64Count(h *estats.Float64CountHandle, v float64, labels ...string) {
	r.add(h.Descriptor(), v, labels)
}

func (r *recorder) RecordFloat64Histo(h *estats.Float64HistoHandle, v float64, labels ...string) {
	key := r.key(h.Descriptor(), labels)
	r.values[key] += v
	r.many[key]++
}

func (r *recorder) RecordInt64Gauge(h *estats.Int64GaugeHandle, v int64, labels ...string) {
	r.values[r.key(h.Descriptor(), labels)] = float64(v)
}

// A metered rig has a recorder.
type metered struct {
	*rig
	to *recorder
}

func newMetered(t testing.TB, fallback ...string) *metered {
	t.Helper()
	n := lbtest.NewMemory()
	m := &metered{
		rig: &rig{TB: t, network: n, lb: lbtest.NewBalancer(t, n), parent: lbtest.NewParent(t)},
		to:  &recorder{t: t, values: map[string]float64{}, many: map[string]int{}},
	}
	m.parent.RecordWith(m.to)
	m.policy = grpclb.NewBuilder().Build(m.parent, lbtest.BuildOptions(n))
	t.Cleanup(m.policy.Close)
	m.resolve(fallback...)
	m.call = m.lb.Next()
	m.call.Initial(0)
	return m
}

// pause lets time pass, so that the figures are read.
func (m *metered) pause(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// has compares values with what was recorded. Zero is also what was never recorded.
func (m *metered) has(key string, want float64) {
	m.Helper()
	if got := m.to.values[key]; got-want > 1e-9 || want-got > 1e-9 {
		m.Errorf("%s is %v, want %v", key, got, want)
	}
}

// picks picks n times and tells how many were sent to a backend.
func (m *metered) picks(n int) (sent int) {
	for range n {
		if result, err := m.parent.Pick(m.Context()); err == nil {
			sent++
			result.Done(balancer.DoneInfo{BytesSent: true})
		}
	}
	return sent
}

// withoutBalancer has the resolver name only this backend.
func (m *metered) withoutBalancer(backend string) {
	m.update(balancer.ClientConnState{ResolverState: resolver.State{Addresses: []resolver.Address{{Addr: backend}}}})
}

// configure gives the policy a configuration, and a backend to fall back to without a balancer.
func (m *metered) configure(text string) {
	c, err := grpclb.NewBuilder().ParseConfig(json.RawMessage(text))
	if err != nil {
		m.Fatal(err)
	}
	m.update(balancer.ClientConnState{
		BalancerConfig: c,
		ResolverState:  resolver.State{Addresses: []resolver.Address{{Addr: "10.0.0.9:80"}}},
	})
}

func (m *metered) update(s balancer.ClientConnState) {
	m.Helper()
	if err := m.policy.UpdateClientConnState(s); err != nil {
		m.Fatal(err)
	}
	synctest.Wait()
}

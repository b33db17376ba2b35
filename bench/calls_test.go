package bench

import (
	"slices"
	"sync"
	"testing"
	"time"
)

// BenchmarkCalls is unary calls with empty messages over TCP on this machine,
// from eight goroutines over one channel to four backends, all in this process,
// with a load report every 100 ms. calls/s, p50-ns and p99-ns are the medians of
// short turns, which the policies take one after the other, each time in
// another order. It is measured once, for all policies, however many are asked
// for.
func BenchmarkCalls(b *testing.B) {
	all := []string{"ours", "grpclb", "round_robin"}
	measured := sync.OnceValue(func() map[string]speed { return measureCalls(b, all, 20, 100*time.Millisecond) })
	for _, name := range all {
		b.Run("policy="+name, func(b *testing.B) {
			s := measured()[name]
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(s.rate, "calls/s")
			b.ReportMetric(float64(s.p50), "p50-ns")
			b.ReportMetric(float64(s.p99), "p99-ns")
		})
	}
}

const (
	callers        = 8
	backendsCalled = 4
	reportEvery    = 100 * time.Millisecond
)

// A speed is what callers saw: calls a second, and how long a call took.
type speed struct {
	rate     float64
	p50, p99 time.Duration
}

// measureCalls has each policy take n turns and returns their medians.
func measureCalls(t testing.TB, policies []string, n int, turn time.Duration) map[string]speed {
	o := newOffice(t)
	lines := make(map[string]*line)
	for _, p := range policies {
		lines[p] = o.connect(p)
		lines[p].turn(turn) // warms it up
	}
	turns := make(map[string][]speed)
	order := slices.Clone(policies)
	for range n {
		for _, p := range order {
			turns[p] = append(turns[p], lines[p].turn(turn))
		}
		order = append(order[1:], order[0])
	}
	medians := make(map[string]speed)
	for p, s := range turns {
		medians[p] = medianSpeed(s)
	}
	return medians
}

func medianSpeed(all []speed) speed {
	var rates, p50, p99 []float64
	for _, s := range all {
		rates, p50, p99 = append(rates, s.rate), append(p50, float64(s.p50)), append(p99, float64(s.p99))
	}
	return speed{median(rates), time.Duration(median(p50)), time.Duration(median(p99))}
}

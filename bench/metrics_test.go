package bench

import (
	"fmt"
	"sync/atomic"
	"testing"

	estats "google.golang.org/grpc/experimental/stats"
)

// counting counts what is recorded.
type counting struct {
	estats.UnimplementedMetricsRecorder
	enabled bool // so that it is not zero, as gRPC's list of recorders is when it is empty
	records atomic.Int64
}

func (c *counting) RecordInt64Count(*estats.Int64CountHandle, int64, ...string) { c.records.Add(1) }

// BenchmarkPickMetrics is BenchmarkPick with a recorder of metrics and without one, in turns of
// some milliseconds, and the median of the ratios. counts is how many values were recorded.
func BenchmarkPickMetrics(b *testing.B) {
	w := newWorld(b)
	for _, size := range []int{1, 1000} {
		b.Run(fmt.Sprintf("policy=ours/backends=%d", size), func(b *testing.B) {
			off := w.start(ours(), size, servers(size, false), size)
			p := newParent(size)
			to := &counting{enabled: true}
			p.recorder = to
			on := w.startOn(p, p, ours(), size, servers(size, false))
			for _, r := range []*rig{off, on} {
				r.bringUp()
				defer r.close()
			}
			picks := func(r *rig) float64 {
				picker := r.parent.latest().Picker
				return together(100_000, func(n int) {
					for range n {
						pick(picker)
					}
				})
			}
			b.ResetTimer()
			var without, with, ratio []float64
			for range max(b.N, 10) {
				without, with = append(without, picks(off)), append(with, picks(on))
				ratio = append(ratio, with[len(with)-1]/without[len(without)-1])
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(median(without), "off-ns")
			b.ReportMetric(median(with), "on-ns")
			b.ReportMetric(median(ratio), "on/off")
			b.ReportMetric(float64(to.records.Load()), "counts")
		})
	}
}

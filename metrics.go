package grpclb

import (
	estats "google.golang.org/grpc/experimental/stats"
)

// Labels of metrics. Each metric has the first one.
const (
	labelTarget = "grpc.target"
	labelMode   = "grpclb.mode"
	labelReason = "grpclb.reason"
	labelStatus = "grpc.status"
	labelState  = "grpclb.state"
	labelToken  = "grpclb.token"
	labelKind   = "grpclb.kind"
)

// The metrics, as gRPC's registry has them. They are on by default.
var (
	modeGauge    = gaugeOf("grpclb.mode", "{mode}", "1 for the mode that the policy is in, 0 for the others", labelMode)
	modeSeconds  = secondsOf("grpclb.mode.duration", "Time that the policy has spent in a mode", labelMode)
	modeChanges  = countOf("grpclb.mode.changes", "{change}", "Changes of the mode", labelMode, labelReason)
	contactGauge = gaugeOf("grpclb.contact", "{contact}", "1 while there is contact with the balancer, else 0")

	streamsStarted = countOf("grpclb.streams.started", "{stream}", "Attempts to open a stream to a balancer")
	streamsOpened  = countOf("grpclb.streams.opened", "{stream}", "Streams to a balancer that were opened")
	streamsEnded   = countOf("grpclb.streams.ended", "{stream}", "Streams to a balancer that ended, without those that the client ended", labelStatus)
	reportsSent    = countOf("grpclb.reports.sent", "{report}", "Load reports sent")

	listsReceived = countOf("grpclb.lists.received", "{list}", "Server lists received")
	listsApplied  = countOf("grpclb.lists.applied", "{list}", "Server lists taken into use")
	listAge       = gaugeOf("grpclb.list.age", "s", "Time since the latest server list with entries came; 0 before the first")
	listEntries   = gaugeOf("grpclb.list.entries", "{entry}", "Entries of the latest server list with entries", labelKind)

	backendsGauge   = gaugeOf("grpclb.backends", "{connection}", "Connections to backends", labelState)
	handoverCount   = countOf("grpclb.handovers", "{handover}", "Times that one set of backends replaced another")
	handoverSeconds = histogramOf("grpclb.handover.duration", "Time that a handover took")

	pendingDepth   = gaugeOf("grpclb.pending.depth", "{call}", "Calls that wait for a backend")
	pendingParked  = countOf("grpclb.pending.parked", "{call}", "Calls that had to wait for a backend")
	pendingRefused = countOf("grpclb.pending.refused", "{call}", "Calls that failed because maxPendingPicks calls waited")

	picks = countOf("grpclb.picks", "{call}", "Calls sent to a backend")
	drops = countOf("grpclb.drops", "{call}", "Calls dropped by the server list", labelToken)
)

// An instrument is a metric to record values of.
type instrument interface {
	record(to estats.MetricsRecorder, value float64, labels ...string)
}

type (
	count     struct{ *estats.Int64CountHandle }
	seconds   struct{ *estats.Float64CountHandle }
	gauge     struct{ *estats.Int64GaugeHandle }
	histogram struct{ *estats.Float64HistoHandle }
)

func (c count) record(to estats.MetricsRecorder, v float64, labels ...string) {
	c.Record(to, int64(v), labels...)
}

func (s seconds) record(to estats.MetricsRecorder, v float64, labels ...string) {
	s.Record(to, v, labels...)
}

func (g gauge) record(to estats.MetricsRecorder, v float64, labels ...string) {
	g.Record(to, int64(v), labels...)
}

func (h histogram) record(to estats.MetricsRecorder, v float64, labels ...string) {
	h.Record(to, v, labels...)
}

func metric(name, unit, text string, labels []string) estats.MetricDescriptor {
	return estats.MetricDescriptor{
		Name: name, Unit: unit, Description: text + ".",
		Labels: append([]string{labelTarget}, labels...), Default: true,
	}
}

func countOf(name, unit, text string, labels ...string) count {
	return count{estats.RegisterInt64Count(metric(name, unit, text, labels))}
}

func secondsOf(name, text string, labels ...string) seconds {
	return seconds{estats.RegisterFloat64Count(metric(name, "s", text, labels))}
}

func gaugeOf(name, unit, text string, labels ...string) gauge {
	return gauge{estats.RegisterInt64Gauge(metric(name, unit, text, labels))}
}

// handoverBounds go from what a handover between connected backends takes to several of the
// default HandoverTimeout.
var handoverBounds = []float64{0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60}

func histogramOf(name, text string) histogram {
	d := metric(name, "s", text, nil)
	d.Bounds = handoverBounds
	return histogram{estats.RegisterFloat64Histo(d)}
}

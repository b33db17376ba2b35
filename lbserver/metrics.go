package lbserver

import (
	"iter"
	"maps"
	"slices"
	"strings"
)

// A Metric is a figure of a balancer, for a system of metrics. docs/operating.md of this module
// says what each of them tells, and shows how Prometheus and OpenTelemetry get them.
type Metric struct {
	Name    string   // as OpenTelemetry has it, such as "grpclb.server.streams.ended"
	Help    string   // a sentence
	Unit    string   // as in UCUM: "s", "By" for bytes, "1" for a share, or such as "{stream}"
	Counter bool     // a count, which only grows until its service is removed; else it is a gauge
	Labels  []string // names, such as "grpc.status"
}

// A Sample is a value of a metric.
type Sample struct {
	*Metric
	Values []string // of the labels, in the same order
	Value  float64
}

const (
	labelService = "grpclb.service"
	labelClass   = "grpclb.class"
	labelToken   = "grpclb.token"
	labelStatus  = "grpc.status"
)

var (
	streamsOpened  = counter("streams.opened", "{stream}", "Streams that were opened.")
	streamsEnded   = counter("streams.ended", "{stream}", "Streams that have ended, by status.", labelStatus)
	streamsOpening = gauge("streams.opening", "{stream}", "Open streams that are not counted as clients yet: no service was named, or hooks run.")
	answersSet     = counter("answers.set", "{answer}", "Answers that were set, without those equal to the one before.")
	answersEncoded = counter("answers.encoded", "{answer}", "How often an answer was encoded for all clients of a compressor.")
	answersSent    = counter("answers.sent", "{answer}", "Answers that were handed to connections.")
	bytesSent      = counter("sent", "By", "Bytes of the answers that were handed to connections, without compression.")
	reportsCame    = counter("reports.received", "{report}", "Load reports that came.")
	servicesKnown  = gauge("services", "{service}", "Services that have an answer or are expected to get one.")

	clientsNow    = gauge("clients", "{client}", "Clients that have an answer or wait for one.", labelService)
	clientsBehind = gauge("clients.behind", "{client}", "Clients whose connection has not been handed the newest answer.", labelService)

	answerAge      = gauge("answer.age", "s", "Time since the answer was set.", labelService, labelClass)
	answerFallback = gauge("answer.fallback", "{answer}", "1 if the answer is to use fallback addresses, else 0.", labelService, labelClass)
	answerServers  = gauge("answer.servers", "{server}", "Servers of the list, without drops.", labelService, labelClass)
	answerDrops    = gauge("answer.drops", "1", "Part of the RPCs that the list has dropped, from 0 to 1.", labelService, labelClass)

	callsStarted  = counter("calls.started", "{call}", "RPCs that clients started, as they report.", labelService)
	callsFinished = counter("calls.finished", "{call}", "RPCs of clients that are over, as they report.", labelService)
	callsUnsent   = counter("calls.unsent", "{call}", "RPCs that clients failed to send, as they report.", labelService)
	callsReceived = counter("calls.received", "{call}", "RPCs that a backend answered, as clients report.", labelService)
	callsDropped  = counter("calls.dropped", "{call}", "RPCs that the list had clients drop, as they report.", labelService, labelToken)
)

func counter(name, unit, help string, labels ...string) *Metric {
	return &Metric{Name: "grpclb.server." + name, Help: help, Unit: unit, Counter: true, Labels: labels}
}

func gauge(name, unit, help string, labels ...string) *Metric {
	return &Metric{Name: "grpclb.server." + name, Help: help, Unit: unit, Labels: labels}
}

// Metrics returns all metrics. Do not change them.
func Metrics() []*Metric {
	return []*Metric{
		streamsOpened, streamsEnded, streamsOpening, answersSet, answersEncoded, answersSent, bytesSent, reportsCame, servicesKnown,
		clientsNow, clientsBehind, answerAge, answerFallback, answerServers, answerDrops,
		callsStarted, callsFinished, callsUnsent, callsReceived, callsDropped,
	}
}

// Prometheus returns name and labels as Prometheus has them, such as
// "grpclb_server_streams_ended_total" and "grpc_status". They are those that OpenTelemetry's
// exporter for Prometheus makes of Name and Labels.
func (m *Metric) Prometheus() (name string, labels []string) {
	name = m.Name
	switch m.Unit {
	case "s":
		name += "_seconds"
	case "By":
		name += "_bytes"
	case "1":
		name += "_ratio"
	}
	if m.Counter {
		name += "_total"
	}
	for _, l := range m.Labels {
		labels = append(labels, strings.ReplaceAll(l, ".", "_"))
	}
	return strings.ReplaceAll(name, ".", "_"), labels
}

// Samples yields the values of all metrics. For the zero State, that of a closed balancer, it
// yields none.
func (s State) Samples() iter.Seq[Sample] {
	return func(yield func(Sample) bool) {
		if s.At.IsZero() {
			return
		}
		for _, sample := range slices.Concat(s.Totals.samples(), s.samples()) {
			if !yield(sample) {
				return
			}
		}
	}
}

// at returns a sample of the metric.
func (m *Metric) at(value float64, labels ...string) Sample { return Sample{m, labels, value} }

// ownStatuses are those with which this package ends streams, each 0 times. They have a series from the start:
// Prometheus sees growth only of a series that is there already.
var ownStatuses = map[string]uint64{
	"CANCELLED": 0, "INVALID_ARGUMENT": 0, "DEADLINE_EXCEEDED": 0, "NOT_FOUND": 0, "PERMISSION_DENIED": 0,
	"RESOURCE_EXHAUSTED": 0, "UNAVAILABLE": 0, "INTERNAL": 0,
}

func (t Totals) samples() []Sample {
	all := []Sample{
		streamsOpened.at(float64(t.Opened)),
		answersSet.at(float64(t.Answers)),
		answersEncoded.at(float64(t.Encoded)),
		answersSent.at(float64(t.Sent)),
		bytesSent.at(float64(t.SentBytes)),
		reportsCame.at(float64(t.Reports)),
	}
	ended := maps.Clone(ownStatuses)
	maps.Copy(ended, t.Ended)
	for _, status := range slices.Sorted(maps.Keys(ended)) {
		all = append(all, streamsEnded.at(float64(ended[status]), status))
	}
	return all
}

func (s State) samples() (all []Sample) {
	all = append(all, streamsOpening.at(float64(s.Opening)), servicesKnown.at(float64(len(s.Services))))
	clients, behind := map[string]float64{}, map[string]float64{}
	for _, c := range s.Clients {
		clients[c.Service]++
		if c.Answer != 0 && !c.UpToDate() {
			behind[c.Service]++
		}
	}
	for _, service := range s.Services {
		all = append(all, clientsNow.at(clients[service.Name], service.Name), clientsBehind.at(behind[service.Name], service.Name))
		for class, f := range service.figures(s.At) {
			all = append(all, f.samples(service.Name, class)...)
		}
		all = append(all, service.Calls.samples(service.Name)...)
	}
	return all
}

func (c Calls) samples(service string) []Sample {
	all := []Sample{
		callsStarted.at(float64(c.Started), service),
		callsFinished.at(float64(c.Finished), service),
		callsUnsent.at(float64(c.FailedToSend), service),
		callsReceived.at(float64(c.KnownReceived), service),
	}
	for _, d := range c.Dropped {
		all = append(all, callsDropped.at(float64(d.Calls), service, d.Token))
	}
	return all
}

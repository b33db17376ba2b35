package admin

import (
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/actorlb/grpclb/grpclbd/internal/view"
	"github.com/actorlb/grpclb/lbserver"
)

// metrics serves what is to be seen as Prometheus reads it. OPERATING.md says what each metric
// tells.
func metrics(p Process, log *slog.Logger) http.Handler {
	r := prometheus.NewRegistry()
	r.MustRegister(collector{p}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError,
		ErrorLog:      slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	})
}

// A collector makes the metrics of the process's state when they are asked for.
type collector struct{ process Process }

// Describe describes none of them in advance: which labels there are depends on the services.
func (c collector) Describe(chan<- *prometheus.Desc) {}

func (c collector) Collect(to chan<- prometheus.Metric) {
	s := c.process.State()
	samples{to}.process(s)
	for _, v := range s.Services {
		samples{to}.service(v, s.At)
	}
	for sample := range s.Balancer.Samples() {
		samples{to}.balancer(sample)
	}
}

// Samples are where the values of metrics go.
type samples struct{ to chan<- prometheus.Metric }

// A figure is a metric of this program.
type figure struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
}

func gauge(name, help string, labels ...string) figure {
	return figure{prometheus.NewDesc("grpclbd_"+name, help, labels, nil), prometheus.GaugeValue}
}

func counter(name, help string, labels ...string) figure {
	return figure{prometheus.NewDesc("grpclbd_"+name, help, labels, nil), prometheus.CounterValue}
}

var (
	info          = gauge("info", "1, with the replica's name and version.", "replica", "version")
	started       = gauge("start_time_seconds", "When the process started, in seconds since 1970.")
	ready         = gauge("ready", "1 if clients may come, else 0.")
	configOK      = gauge("config_ok", "0 if there is a newer configuration that can't be used (refused) or has changes that need a restart (restart), else 1.", "why")
	configLoaded  = gauge("config_loaded_time_seconds", "When the configuration in force was read, in seconds since 1970.")
	storeReached  = gauge("store_reached", "1 if the store answers, else 0.")
	replicasKnown = gauge("replicas", "Replicas in the store, this one included.")

	mode          = gauge("service_mode", "1 for the mode that the service is in, 0 for the others.", "service", "mode")
	known         = gauge("backends", "Backends that the sources have named, by health.", "service", "health")
	served        = gauge("backends_served", "Backends in the lists of clients.", "service")
	drainingNow   = gauge("backends_draining", "Backends that an override drains.", "service")
	drainingHeld  = gauge("backends_draining_clients", "Clients of this replica that still have a backend that is drained, summed over these backends.", "service")
	sourceAge     = gauge("source_age_seconds", "Time since the source was last read without an error. No value before the first time.", sourceLabels...)
	sourceFails   = gauge("source_failing", "1 if the source can't be read now, else 0.", sourceLabels...)
	sourceNames   = gauge("source_backends", "Backends that the source named last.", sourceLabels...)
	sourceHeld    = gauge("source_held_backends", "Backends that the source took away and the guard maxRemove keeps.", sourceLabels...)
	guards        = gauge("guards_holding", "Reasons why lists are not what sources and health say: guards, and a list that the balancer has refused.", "service")
	conflicts     = gauge("conflicts", "Backends that several sources describe differently.", "service")
	clientsNow    = gauge("clients", "Streams of clients that are open.", "service")
	classesNow    = gauge("classes", "Classes of clients, each of which has a list of its own.", "service")
	overridesNow  = gauge("overrides", "Overrides in force. One of every service counts in each.", "service", "kind")
	overridesVoid = gauge("overrides_matching_nothing", "Overrides in force that match no service or no backend.")
	listChanges   = counter("list_changes_total", "Changes of the service's lists.", "service")
	callsStarted  = counter("calls_started_total", "Calls that clients started, as they report.", "service")
	callsOver     = counter("calls_finished_total", "Calls of clients that are over, as they report.", "service")
	callsFailed   = counter("calls_failed_total", "Finished calls that clients failed to send, as they report.", "service")
	callsKnown    = counter("calls_known_received_total", "Finished calls that a backend has answered for certain, as clients report.", "service")
	callsDropped  = counter("calls_dropped_total", "Finished calls that the lists had clients drop, as they report.", "service", "token")
)

var sourceLabels = []string{"service", "source", "kind", "name"}

// at sends a value. Labels that are not UTF-8 are made so, which Prometheus demands.
func (s samples) at(f figure, value float64, labels ...string) {
	for i, l := range labels {
		labels[i] = strings.ToValidUTF8(l, "�")
	}
	s.to <- prometheus.MustNewConstMetric(f.desc, f.kind, value, labels...)
}

func (s samples) process(v view.State) {
	s.at(info, 1, v.Replica, v.Version)
	s.at(started, seconds(v.Started))
	s.at(ready, truth(v.Ready))
	s.at(configOK, truth(v.Config.Error == ""), "refused")
	s.at(configOK, truth(len(v.Config.Restart) == 0), "restart")
	s.at(configLoaded, seconds(v.Config.Loaded))
	s.at(storeReached, truth(v.Store.Reached))
	s.at(replicasKnown, float64(len(v.Replicas)))
	void := 0
	for _, o := range v.Overrides {
		if o.MatchesNothing != "" {
			void++
		}
	}
	s.at(overridesVoid, float64(void))
}

func (s samples) service(v view.Service, now time.Time) {
	for _, m := range []view.Mode{view.Waiting, view.Serving, view.Fallback} {
		s.at(mode, truth(v.Mode == m), v.Name, string(m))
	}
	s.backends(v)
	for i, src := range v.Sources {
		s.source(src, now, v.Name, strconv.Itoa(i), src.Kind, src.Name)
	}
	s.at(guards, float64(len(v.Guards)), v.Name)
	s.at(conflicts, float64(len(v.Conflicts)), v.Name)
	s.at(clientsNow, float64(v.Total.Clients), v.Name)
	s.at(classesNow, float64(len(v.Classes)), v.Name)
	s.overrides(v)
	s.at(listChanges, float64(v.Changed), v.Name)
	s.calls(v)
}

func (s samples) backends(v view.Service) {
	c := v.Count()
	for _, h := range []string{"healthy", "unhealthy", "unknown", "unchecked"} {
		s.at(known, float64(c.ByHealth[h]), v.Name, h)
	}
	s.at(served, float64(c.Served), v.Name)
	drains, left := 0, 0
	for _, b := range v.Backends {
		if b.Draining {
			drains++
			left += v.Total.Drained[b.Address]
		}
	}
	s.at(drainingNow, float64(drains), v.Name)
	s.at(drainingHeld, float64(left), v.Name)
}

func (s samples) source(v view.Source, now time.Time, labels ...string) {
	if !v.Said.IsZero() {
		s.at(sourceAge, now.Sub(v.Said).Seconds(), labels...)
	}
	s.at(sourceFails, truth(v.Error != ""), labels...)
	s.at(sourceNames, float64(v.Backends), labels...)
	s.at(sourceHeld, float64(len(v.Held)), labels...)
}

func (s samples) overrides(v view.Service) {
	n := map[string]int{"drain": 0, "weight": 0, "drop": 0, "fallback": 0}
	for _, o := range v.Overrides {
		n[string(o.Kind)]++
	}
	for kind, n := range n {
		s.at(overridesNow, float64(n), v.Name, kind)
	}
}

func (s samples) calls(v view.Service) {
	s.at(callsStarted, float64(v.Total.Started), v.Name)
	s.at(callsOver, float64(v.Total.Finished), v.Name)
	s.at(callsFailed, float64(v.Total.Failed), v.Name)
	s.at(callsKnown, float64(v.Total.Known), v.Name)
	for token, n := range v.Total.Drops { // lbserver keeps 100 tokens apart, and all others as one
		s.at(callsDropped, float64(n), v.Name, token)
	}
}

// balancer sends one of lbserver's own metrics, which docs/operating.md of the module above has.
func (s samples) balancer(sample lbserver.Sample) {
	kind := prometheus.GaugeValue
	if sample.Counter {
		kind = prometheus.CounterValue
	}
	name, labels := sample.Prometheus()
	s.at(figure{prometheus.NewDesc(name, sample.Help, labels, nil), kind}, sample.Value, sample.Values...)
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// seconds is a time since 1970; 0 for none.
func seconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

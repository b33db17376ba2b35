package otel

import (
	"context"
	"net"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/actorlb/grpclb/lbserver"
)

// A collector gives Prometheus the metrics of a balancer.
type collector struct{ *lbserver.Balancer }

// Describe describes none of them in advance: which labels there are depends on the services.
func (c collector) Describe(chan<- *prometheus.Desc) {}

func (c collector) Collect(to chan<- prometheus.Metric) {
	for s := range c.State().Samples() {
		kind := prometheus.GaugeValue
		if s.Counter {
			kind = prometheus.CounterValue
		}
		name, labels := s.Prometheus()
		to <- prometheus.MustNewConstMetric(prometheus.NewDesc(name, s.Help, labels, nil), kind, s.Value, s.Values...)
	}
}

// observe has OpenTelemetry ask the balancer for its metrics.
func observe(m metric.Meter, b *lbserver.Balancer) (metric.Registration, error) {
	byName, all := map[string]metric.Float64Observable{}, []metric.Observable{}
	for _, d := range lbserver.Metrics() {
		var i metric.Float64Observable
		var err error
		if d.Counter {
			i, err = m.Float64ObservableCounter(d.Name, metric.WithDescription(d.Help), metric.WithUnit(d.Unit))
		} else {
			i, err = m.Float64ObservableGauge(d.Name, metric.WithDescription(d.Help), metric.WithUnit(d.Unit))
		}
		if err != nil {
			return nil, err
		}
		byName[d.Name], all = i, append(all, i)
	}
	return m.RegisterCallback(func(_ context.Context, to metric.Observer) error {
		for s := range b.State().Samples() {
			var labels []attribute.KeyValue
			for i, name := range s.Labels {
				labels = append(labels, attribute.String(name, s.Values[i]))
			}
			to.ObserveFloat64(byName[s.Name], s.Value, metric.WithAttributes(labels...))
		}
		return nil
	}, all...)
}

// A life of a balancer in which every metric has a value. It is closed when the test ends.
func live(t *testing.T) *lbserver.Balancer {
	b := lbserver.New(lbserver.Options{})
	s, l := grpc.NewServer(), bufconn.Listen(1<<16)
	b.Register(s)
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { b.Close(); s.Stop() })
	if err := b.SetServers("greeter", []lbserver.Server{{Address: "10.0.0.1:1"}, {Drop: true, Token: "shed"}}); err != nil {
		t.Fatal(err)
	}
	cc, err := grpc.NewClient("passthrough:///balancer", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return l.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cc.Close() })
	ask(t, cc, "greeter")
	ask(t, cc, "unknown")
	time.Sleep(3 * time.Second)
	synctest.Wait()
	return b
}

// ask opens a stream, names the service and sends a load report.
func ask(t *testing.T, cc *grpc.ClientConn, service string) {
	stream, err := lbpb.NewLoadBalancerClient(cc).BalanceLoad(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []*lbpb.LoadBalanceRequest{
		{LoadBalanceRequestType: &lbpb.LoadBalanceRequest_InitialRequest{InitialRequest: &lbpb.InitialLoadBalanceRequest{Name: service}}},
		{LoadBalanceRequestType: &lbpb.LoadBalanceRequest_ClientStats{ClientStats: &lbpb.ClientStats{NumCallsStarted: 7}}},
	} {
		_ = stream.Send(m) // an error means that the stream has ended, as it does for an unknown service
		synctest.Wait()
	}
}

// Prometheus gets the same from the collector and by way of OpenTelemetry: the same names,
// labels and values.
func TestBalancer_BothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := live(t)
		direct := &pipeline{registry: prometheus.NewRegistry()}
		direct.registry.MustRegister(collector{b})
		byWay := newPipeline(t)
		if _, err := observe(byWay.provider.Meter("test"), b); err != nil {
			t.Fatal(err)
		}
		one, two := samples(direct.page(t)), samples(byWay.page(t))
		if !slices.Equal(one, two) {
			t.Errorf("the collector has\n%s\n\nand OpenTelemetry\n%s", strings.Join(one, "\n"), strings.Join(two, "\n"))
		}
		for _, line := range []string{
			`grpclb_server_streams_ended_total{grpc_status="NOT_FOUND"} 1`,
			`grpclb_server_streams_opened_total 2`,
			`grpclb_server_sent_bytes_total 22`,
			`grpclb_server_clients{grpclb_service="greeter"} 1`,
			`grpclb_server_answer_age_seconds{grpclb_class="",grpclb_service="greeter"} 3`,
			`grpclb_server_answer_drops_ratio{grpclb_class="",grpclb_service="greeter"} 0.5`,
			`grpclb_server_calls_started_total{grpclb_service="greeter"} 7`,
			`grpclb_server_calls_dropped_total{grpclb_service="greeter",grpclb_token="shed"} 0`,
		} {
			if !slices.Contains(one, line) {
				t.Errorf("there is no %s", line)
			}
		}
		if t.Failed() {
			t.Log(strings.Join(one, "\n"))
		}
	})
}

// samples returns the lines of a page that are values of a balancer, sorted.
func samples(page string) []string {
	page = strings.ReplaceAll(scope.ReplaceAllString(page, ""), "{}", "")
	page = strings.ReplaceAll(page, "{,", "{")
	lines := regexp.MustCompile(`(?m)^grpclb_server_.*$`).FindAllString(page, -1)
	slices.Sort(lines)
	return lines
}

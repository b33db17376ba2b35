package recipes

import (
	"context"
	"maps"
	"net"
	"testing"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/attribute"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/stats/opentelemetry"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// With the client's handler of otelgrpc, each backend is a label.
func TestMetrics_ByBackend(t *testing.T) {
	reader := sdk.NewManualReader()
	provider := sdk.NewMeterProvider(sdk.WithReader(reader))
	byBackend := grpc.WithStatsHandler(otelgrpc.NewClientHandler(otelgrpc.WithMeterProvider(provider)))

	s := newSite(t, lbtest.NewLoopback(), 3)
	ch := s.open(`{"loadBalancingConfig": [{"grpclb": {}}]}`, byBackend)
	s.thirty(ch)
	by := counted(t, reader, "rpc.client.call.duration", "server.port")
	for _, b := range s.backends {
		if _, port, _ := net.SplitHostPort(b.Addr()); by[port] == 0 || by[port] != b.Calls() {
			t.Errorf("the metric has %d calls for port %s, of %d", by[port], port, b.Calls())
		}
	}
}

// lbToken labels calls with the token that the balancer gave out.
func lbToken(ctx context.Context) []attribute.KeyValue {
	tokens := metadata.ValueFromIncomingContext(ctx, "lb-token")
	if len(tokens) == 0 {
		return nil // not by a server list
	}
	return []attribute.KeyValue{attribute.String("lb.token", tokens[len(tokens)-1])}
}

// With the server's handler, the LB token is a label.
func TestMetrics_ByToken(t *testing.T) {
	reader := sdk.NewManualReader()
	provider := sdk.NewMeterProvider(sdk.WithReader(reader))
	byToken := grpc.StatsHandler(otelgrpc.NewServerHandler(
		otelgrpc.WithMeterProvider(provider), otelgrpc.WithMetricAttributesFn(lbToken)))

	s := newSite(t, lbtest.NewLoopback(), 3, byToken)
	ch := s.open(`{"loadBalancingConfig": [{"grpclb": {}}]}`)
	s.thirty(ch)
	for _, b := range s.backends {
		b.Stop() // a server counts a call after it has answered
	}
	want := map[string]int{"t1": s.backends[0].Calls(), "t2": s.backends[1].Calls(), "t3": s.backends[2].Calls()}
	if got := counted(t, reader, "rpc.server.call.duration", "lb.token"); !maps.Equal(got, want) {
		t.Errorf("calls by token: %v, want %v", got, want)
	}
}

// gRPC's own metrics, with those of the child policy.
func TestMetrics_OfGRPC(t *testing.T) {
	reader := sdk.NewManualReader()
	provider := sdk.NewMeterProvider(sdk.WithReader(reader))
	ofGRPC := opentelemetry.DialOption(opentelemetry.Options{MetricsOptions: opentelemetry.MetricsOptions{
		MeterProvider: provider,
		Metrics: opentelemetry.DefaultMetrics().Add(
			"grpc.subchannel.open_connections",
			"grpc.lb.outlier_detection.ejections_enforced",
		),
	}})
	inBubble(t, 4, func(s *site) {
		ch := s.open(outlierDetection, ofGRPC)
		s.backends[0].failing.Store(true)
		by := s.calls(ch, 11*time.Second)
		want := map[string]int{"OK": 220 - by[0], "UNAVAILABLE": by[0]}
		if got := counted(t, reader, "grpc.client.attempt.duration", "grpc.status"); !maps.Equal(got, want) {
			t.Errorf("attempts by status: %v, want %v", got, want)
		}
		got := counted(t, reader, "grpc.lb.outlier_detection.ejections_enforced", "grpc.lb.outlier_detection.detection_method")
		if got["failure_percentage"] != 1 {
			t.Errorf("ejections: %v", got)
		}
		if got := counted(t, reader, "grpc.subchannel.open_connections", "grpc.target"); len(got) != 1 || got["lbtest:///service.test"] != 4 {
			t.Errorf("connections: %v", got)
		}
	})
}

// counted returns how many calls a metric has for each value of a label.
func counted(t *testing.T, reader sdk.Reader, metric, label string) map[string]int {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	add := func(of attribute.Set, n int) {
		value, _ := of.Value(attribute.Key(label))
		counts[value.String()] += n
	}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			if m.Name != metric {
				continue
			}
			switch data := m.Data.(type) {
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					add(p.Attributes, int(p.Count))
				}
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					add(p.Attributes, int(p.Value))
				}
			default:
				t.Fatalf("%s is %T", metric, data)
			}
		}
	}
	return counts
}

// thirty makes 30 calls.
func (s *site) thirty(ch *lbtest.Channel) {
	s.Helper()
	for range 30 {
		if _, err := s.call(ch, 10*time.Second); err != nil {
			s.Fatal(err)
		}
	}
}

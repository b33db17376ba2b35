package otel

import (
	"context"
	"io"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/stats/opentelemetry"
	"google.golang.org/grpc/status"

	_ "github.com/actorlb/grpclb"
	"github.com/actorlb/grpclb/internal/lbtest"
)

// A pipeline is an OpenTelemetry provider whose metrics Prometheus collects.
type pipeline struct {
	registry *prometheus.Registry
	provider *metric.MeterProvider
}

func newPipeline(t *testing.T) *pipeline {
	p := &pipeline{registry: prometheus.NewRegistry()}
	reader, err := exporter.New(exporter.WithRegisterer(p.registry))
	if err != nil {
		t.Fatal(err)
	}
	p.provider = metric.NewMeterProvider(metric.WithReader(reader))
	t.Cleanup(func() { _ = p.provider.Shutdown(context.Background()) })
	return p
}

// page is what Prometheus would scrape.
func (p *pipeline) page(t *testing.T) string {
	answer := httptest.NewRecorder()
	promhttp.HandlerFor(p.registry, promhttp.HandlerOpts{}).ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	page, err := io.ReadAll(answer.Body)
	if err != nil || answer.Code != 200 {
		t.Fatalf("%d %v", answer.Code, err)
	}
	return string(page)
}

// played plays a life in which every metric gets a value, and returns the page after that.
func played(t *testing.T) string {
	p := newPipeline(t)
	n := lbtest.NewMemory()
	lb, b, other := lbtest.NewBalancer(t, n), lbtest.NewBackend(t, n, 1), lbtest.NewBackend(t, n, 2)
	ch := lbtest.NewChannel(t, n, `{"maxPendingPicks":1}`, opentelemetry.DialOption(opentelemetry.Options{
		MetricsOptions: opentelemetry.MetricsOptions{MeterProvider: p.provider},
	}))
	if err := ch.Resolve([]resolver.Address{lb.Address()}, other.Addr()); err != nil {
		t.Fatal(err)
	}
	call := lb.Next()
	call.Initial(time.Second)
	for range 2 { // one waits, the other one is refused
		go func() { _, _ = ch.Unary(t.Context()) }()
	}
	synctest.Wait()
	call.List(lbtest.Server(b.Addr(), "t1"), lbtest.Drop("d"))
	synctest.Wait()
	for range 9 {
		_, _ = ch.Unary(t.Context())
	}
	time.Sleep(3 * time.Second)
	call.HangUp(status.Error(codes.Unavailable, "restart"))
	call = lb.Next()
	call.Initial(0)
	call.List(lbtest.Server(b.Addr(), "t2"))
	time.Sleep(10 * time.Second)
	return p.page(t)
}

// The metrics arrive under the names that Prometheus gives them, with nothing else said than
// gRPC's own option for OpenTelemetry.
func TestMetrics_Arrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		page := played(t)
		for _, line := range []string{
			`grpclb_mode{$,grpclb_mode="balanced"} 1`,
			`grpclb_mode_duration_seconds_total{$,grpclb_mode="balanced"}`,
			`grpclb_mode_changes_total{$,grpclb_mode="balanced",grpclb_reason="list"} 1`,
			`grpclb_contact{$} 1`,
			`grpclb_streams_started_total{$} 2`,
			`grpclb_streams_opened_total{$} 2`,
			`grpclb_streams_ended_total{grpc_status="UNAVAILABLE",$} 1`,
			`grpclb_reports_sent_total{$}`,
			`grpclb_lists_received_total{$} 2`,
			`grpclb_lists_applied_total{$} 2`,
			`grpclb_list_age_seconds{$}`,
			`grpclb_list_entries{$,grpclb_kind="backend"} 1`,
			`grpclb_backends{$,grpclb_state="READY"} 1`,
			`grpclb_handovers_total{$}`,
			`grpclb_handover_duration_seconds_count{$}`,
			`grpclb_pending_depth{$} 0`,
			`grpclb_pending_parked_total{$} 1`,
			`grpclb_pending_refused_total{$} 1`,
			`grpclb_picks_total{$} 5`,
			`grpclb_drops_total{$,grpclb_token="d"} 5`,
		} {
			if !has(page, line) {
				t.Errorf("there is no %s", line)
			}
		}
		if t.Failed() {
			t.Log(page)
		}
	})
}

// target is the label that each metric has, and scope those that the exporter adds.
var (
	target = `grpc_target="[^"]*"`
	scope  = regexp.MustCompile(`,?otel_scope_[a-z_]+="[^"]*"`)
)

// has reports whether a line of the page begins like this, with the target for $.
func has(page, line string) bool {
	pattern := strings.ReplaceAll(regexp.QuoteMeta(line), `\$`, target)
	return regexp.MustCompile("(?m)^" + pattern).MatchString(scope.ReplaceAllString(page, ""))
}

package daemon

import (
	"context"
	"net"
	"strings"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

// A sink is a collector of traces.
type sink struct {
	collector.UnimplementedTraceServiceServer
	got chan string
}

func (s sink) Export(_ context.Context, r *collector.ExportTraceServiceRequest) (*collector.ExportTraceServiceResponse, error) {
	for _, one := range r.ResourceSpans {
		s.got <- one.String()
	}
	return &collector.ExportTraceServiceResponse{}, nil
}

// With tracing.otlp each change of a list is a span at the collector.
func TestTracing(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, got := grpc.NewServer(), make(chan string, 10)
	collector.RegisterTraceServiceServer(s, sink{got: got})
	go func() { _ = s.Serve(l) }()
	t.Cleanup(s.Stop)
	text := "listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\nreplica: traced\nstop: {notice: 0s, over: 0s}\nstore: {etcd: [" + etcd.URL() + "]}\n" +
		"tracing: {otlp: \"" + l.Addr().String() + "\"}\nservices: [{name: traced, sources: [{static: [127.0.0.1:1]}]}]\n"
	cfg, err := config.Parse("test", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	beginWith(t, cfg)
	if span := <-got; !strings.Contains(span, `"push"`) || !strings.Contains(span, "traced") {
		t.Error(span)
	}
}

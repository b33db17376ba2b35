package tracing

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"

	"github.com/actorlb/grpclb/grpclbd/internal/certtest"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/servertls"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
	"github.com/actorlb/grpclb/lbserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)

func push1(service string, numbers map[string]uint64) pushed {
	return pushed{service, view.Change{At: start, From: 3, To: 2, Why: "a is unhealthy"}, numbers}
}

func client(class string, handed uint64, opened time.Duration) lbserver.ClientState {
	return lbserver.ClientState{Client: lbserver.Client{Service: "s", Class: class, Opened: start.Add(opened)}, Handed: handed}
}

// A push ends when every client that was connected has it, or a later one.
func TestPush_Ends(t *testing.T) {
	c := core{}
	c.pushed(push1("s", map[string]uint64{"": 5, "z": 6}), start)
	if !c.due(start) {
		t.Fatal("the balancer is not asked at once")
	}
	at := start
	for _, step := range []struct {
		clients []lbserver.ClientState
		behind  int
	}{
		{[]lbserver.ClientState{client("", 4, -1), client("z", 3, -1), client("other", 0, -1), client("", 0, 1)}, 3},
		{[]lbserver.ClientState{client("", 5, -1), client("z", 5, -1), client("other", 7, -1), client("", 0, 1)}, 1},
		{[]lbserver.ClientState{client("", 9, -1), client("z", 6, -1), client("", 0, 1)}, 0},
	} {
		c.looked(lbserver.State{Clients: step.clients}, at)
		if ends := len(c.todo) == 1; ends != (step.behind == 0) {
			t.Fatalf("%d clients are behind, and %d pushes have ended", step.behind, len(c.todo))
		}
		if step.behind > 0 && c.under[0].behind != step.behind {
			t.Errorf("%d are behind, want %d", c.under[0].behind, step.behind)
		}
		if step.behind > 0 && c.next.Sub(at) <= 0 {
			t.Fatal("the balancer is not asked again")
		}
		at = c.next
	}
	if e := c.todo[0]; e.clients != 2 || !e.at.Equal(start.Add(3*firstLook)) || !c.next.IsZero() {
		t.Errorf("ended %+v, next look %v", e, c.next)
	}
}

// A client that reads nothing keeps a push under way for a minute, and a thousand pushes at most.
func TestPush_Stuck(t *testing.T) {
	c := core{}
	c.pushed(push1("s", map[string]uint64{"": 5}), start)
	stuck := lbserver.State{Clients: []lbserver.ClientState{client("", 4, -1)}}
	looks := 0
	for at := start; len(c.todo) == 0; at = c.next {
		c.looked(stuck, at)
		looks++
	}
	if e := c.todo[0]; e.behind != 1 || e.at.Sub(start) < patience || e.at.Sub(start) > patience+longestLook || looks > 80 {
		t.Errorf("ended %+v after %d looks", e, looks)
	}
	for range mostPushes + 2 {
		c.pushed(push1("s", nil), start)
	}
	if len(c.under) != mostPushes || len(c.todo) != 3 {
		t.Errorf("%d pushes are under way, %d have ended", len(c.under), len(c.todo))
	}
}

// A sink is a collector that keeps what it gets.
type sink struct {
	collector.UnimplementedTraceServiceServer
	got     chan *tracepb.ResourceSpans
	headers chan metadata.MD
}

func (s sink) Export(ctx context.Context, r *collector.ExportTraceServiceRequest) (*collector.ExportTraceServiceResponse, error) {
	for _, one := range r.ResourceSpans {
		s.got <- one
	}
	if s.headers != nil {
		md, _ := metadata.FromIncomingContext(ctx)
		s.headers <- md
	}
	return &collector.ExportTraceServiceResponse{}, nil
}

type known lbserver.State

func (k known) State() lbserver.State { return lbserver.State(k) }

// A collector gets a span from the decision until the last client has the list.
func TestTracing(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, got := grpc.NewServer(), make(chan *tracepb.ResourceSpans, 10)
	collector.RegisterTraceServiceServer(s, sink{got: got})
	go func() { _ = s.Serve(l) }()
	defer s.Stop()
	began := time.Now().Add(-50 * time.Millisecond)
	tracer, err := Open(Options{OTLP: l.Addr().String(), Replica: "a", Version: "v1"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	tracer.Follow(known{Clients: []lbserver.ClientState{client("", 5, -1)}})
	tracer.Pushed("s", view.Change{At: began, From: 3, To: 2, Why: "a is unhealthy"}, []lbserver.AnswerState{{Number: 5}})
	for !tracer.in.Empty() {
		tracer.provider.ForceFlush(t.Context())
	}
	tracer.Stop()
	one := <-got
	span := one.ScopeSpans[0].Spans[0]
	text := one.String()
	for _, want := range []string{"grpclb.service", "a is unhealthy", "grpclb.from", "grpclb.to", "grpclb.clients", "service.instance.id"} {
		if !bytes.Contains([]byte(text), []byte(want)) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	if span.Name != "push" || span.StartTimeUnixNano != uint64(began.UnixNano()) || span.EndTimeUnixNano-span.StartTimeUnixNano < uint64(50*time.Millisecond) {
		t.Errorf("span %v", span)
	}
}

// Log lines that nobody reads in time are lost.
type logLines chan string

func (l logLines) Write(line []byte) (int, error) {
	select {
	case l <- string(line):
	default:
	}
	return len(line), nil
}

// A collector that is away costs traces, and is logged. It hardly delays the end.
func TestTracing_Away(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	lines := make(logLines, 10)
	tracer, err := Open(Options{OTLP: l.Addr().String()}, slog.New(slog.NewTextHandler(lines, nil)))
	if err != nil {
		t.Fatal(err)
	}
	tracer.Follow(known{})
	tracer.Pushed("s", view.Change{At: time.Now()}, nil)
	if line := <-lines; !strings.Contains(line, "traces can't be sent, and are lost") {
		t.Error(line)
	}
	began := time.Now()
	tracer.Stop()
	if took := time.Since(began); took > 2*lastWords {
		t.Errorf("stopping took %v", took)
	}
}

// A collector with TLS, which wants a certificate and the key of an account in a header.
func TestTracing_TLS(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "api-key=hunter2")
	authority := certtest.New(t)
	dir := t.TempDir()
	ours, theirs := authority.Write(dir, "grpclbd"), authority.Write(dir, "collector")
	files, err := servertls.Open(config.TLS{Cert: theirs.Cert, Key: theirs.Key, ClientCA: theirs.CA}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, got, headers := grpc.NewServer(grpc.Creds(credentials.NewTLS(files.Config()))), make(chan *tracepb.ResourceSpans, 10), make(chan metadata.MD, 10)
	collector.RegisterTraceServiceServer(s, sink{got: got, headers: headers})
	go func() { _ = s.Serve(l) }()
	defer s.Stop()
	send := func(o Options) (log string) { // with the errors of sending
		t.Helper()
		lines := make(logLines, 10)
		tracer, err := Open(o, slog.New(slog.NewTextHandler(lines, nil)))
		if err != nil {
			t.Fatal(err)
		}
		tracer.Follow(known{})
		tracer.Pushed("s", view.Change{At: time.Now()}, nil)
		for n := len(got); len(got) == n && log == ""; {
			if err := tracer.provider.ForceFlush(t.Context()); err != nil {
				log += err.Error()
			}
			for len(lines) > 0 {
				log += <-lines
			}
		}
		tracer.Stop()
		close(lines)
		for line := range lines {
			log += line
		}
		return log
	}
	o := Options{OTLP: l.Addr().String(), TLS: &config.StoreTLS{CA: ours.CA, Cert: ours.Cert, Key: ours.Key}}
	if log := send(o); log != "" || len(got) != 1 || len(headers) != 1 || (<-headers).Get("api-key")[0] != "hunter2" {
		t.Errorf("%d spans came; the log has %s", len(got), log)
	}
	if log := send(Options{OTLP: o.OTLP, TLS: &config.StoreTLS{CA: ours.CA}}); log == "" || len(got) != 1 {
		t.Errorf("without a certificate: %d spans came; the log has %s", len(got)-1, log)
	}
	if log := send(Options{OTLP: o.OTLP}); log == "" || len(got) != 1 {
		t.Errorf("in plain text: %d spans came; the log has %s", len(got)-1, log)
	}
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "hunter2")
	if log := send(o); !strings.Contains(log, `"an environment variable of OpenTelemetry can't be used" why="parse headers"`) || strings.Contains(log, "hunter2") {
		t.Errorf("with a header that can't be read, the log has %s", log)
	}
	if _, err := Open(Options{OTLP: o.OTLP, TLS: &config.StoreTLS{CA: dir + "/missing"}}, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "tls.ca: open ") {
		t.Errorf("an authority that is missing: %v", err)
	}
}

// Without a collector there is nothing.
func TestTracing_None(t *testing.T) {
	tracer, err := Open(Options{}, slog.New(slog.DiscardHandler))
	if tracer != nil || err != nil {
		t.Errorf("%v, error %v", tracer, err)
	}
	tracer.Follow(known{})
	tracer.Stop()
}

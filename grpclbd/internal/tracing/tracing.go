// Package tracing sends an OpenTelemetry trace of each push: a change of a service's lists,
// from its decision until every client that was connected then has been handed it.
//
// The tracer is an actor. Its core owns the pushes that are under way. While there are some it
// asks the balancer again and again which client has which answer.
package tracing

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/grpclbd/internal/clienttls"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/seldom"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
	"github.com/actorlb/grpclb/lbserver"
)

// A Balancer is asked who has what. [lbserver.Balancer] is one.
type Balancer interface{ State() lbserver.State }

// Options say where traces go, and who sends them.
type Options struct {
	OTLP    string           // host:port of a collector that takes OTLP over gRPC
	TLS     *config.StoreTLS // of the connection to it; nil: plain text
	Replica string
	Version string
}

// A Tracer sends traces. Its methods may be called from any goroutine. A nil Tracer sends none.
type Tracer struct {
	in       *actor.Inbox[pushed]
	group    *actor.Group
	provider *sdk.TracerProvider
	failed   *seldom.Log // to send traces
}

// pushed is what the tracer is told. What can be queued is bounded by how often a fleet
// publishes.
type pushed struct {
	service string
	change  view.Change
	numbers map[string]uint64 // by class
}

// Open returns a tracer, or nil if the options have no collector. It does not wait for the
// collector. One that is away costs the traces of that time, and a line in the log every ten seconds.
func Open(opts Options, log *slog.Logger) (*Tracer, error) {
	if opts.OTLP == "" {
		return nil, nil
	}
	creds, err := credentialsOf(opts)
	if err != nil {
		return nil, err
	}
	otel.SetLogger(logr.New(reports{log}))
	exporter, err := otlptracegrpc.New(context.Background(), otlptracegrpc.WithEndpoint(opts.OTLP), otlptracegrpc.WithTLSCredentials(creds),
		otlptracegrpc.WithTimeout(sendTimeout), otlptracegrpc.WithRetry(otlptracegrpc.RetryConfig{})) // none
	if err != nil {
		return nil, fmt.Errorf("otlp: %w", err)
	}
	failed := seldom.Start("traces can't be sent, and are lost", log)
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { failed.Say(slog.Any("why", err)) }))
	return &Tracer{failed: failed, in: actor.NewInbox[pushed](), group: actor.NewGroup(), provider: sdk.NewTracerProvider(
		sdk.WithBatcher(exporter, sdk.WithBatchTimeout(sendEvery)),
		sdk.WithResource(resource.NewSchemaless(
			attribute.String("service.name", "grpclbd"),
			attribute.String("service.instance.id", opts.Replica),
			attribute.String("service.version", opts.Version),
		)),
	)}, nil
}

// credentialsOf returns the credentials of the connection to the collector. The files of TLS are read
// again for each connection.
func credentialsOf(opts Options) (credentials.TransportCredentials, error) {
	if opts.TLS == nil {
		return insecure.NewCredentials(), nil
	}
	return clienttls.New(*opts.TLS)
}

// Follow has the tracer ask this balancer who has what. It is called once, before Stop.
func (t *Tracer) Follow(b Balancer) {
	if t != nil {
		t.group.Go((&loop{in: t.in, balancer: b, tracer: t.provider.Tracer("grpclbd")}).run)
	}
}

// Pushed notes that the lists of a service have changed, and which answers clients are to have.
func (t *Tracer) Pushed(service string, change view.Change, answers []lbserver.AnswerState) {
	m := pushed{service, change, make(map[string]uint64, len(answers))}
	for _, a := range answers {
		m.numbers[a.Class] = a.Number
	}
	t.in.Send(m)
}

const (
	sendEvery   = time.Second
	sendTimeout = 2 * time.Second         // for a collector that is slow
	lastWords   = sendTimeout + sendEvery // how long Stop waits for the collector
)

// Stop sends what has ended, and ends the tracer. What is under way is not sent.
func (t *Tracer) Stop() {
	if t == nil {
		return
	}
	t.group.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), lastWords)
	defer cancel()
	_ = t.provider.Shutdown(ctx) // a collector that is away was logged
	t.failed.Stop()
}

// A loop owns the core.
type loop struct {
	in       *actor.Inbox[pushed]
	balancer Balancer
	tracer   trace.Tracer
	core     core
}

func (l *loop) run(ctx context.Context) {
	timer := actor.NewTimer()
	defer timer.Stop()
	for {
		select {
		case batch := <-l.in.Ready():
			for _, m := range l.in.Open(batch) {
				l.core.pushed(m, time.Now())
			}
		case <-timer.Ready():
			timer.Rang()
		case <-ctx.Done():
			l.in.Close()
			return
		}
		if l.core.due(time.Now()) {
			state := l.balancer.State()
			l.core.looked(state, time.Now())
		}
		l.send()
		timer.Set(l.core.next)
	}
}

// send makes spans of the pushes that have ended.
func (l *loop) send() {
	for _, e := range l.core.todo {
		_, span := l.tracer.Start(context.Background(), "push", trace.WithTimestamp(e.push.change.At), trace.WithAttributes(
			attribute.String("grpclb.service", e.push.service),
			attribute.Int("grpclb.from", e.push.change.From),
			attribute.Int("grpclb.to", e.push.change.To),
			attribute.String("grpclb.why", e.push.change.Why),
			attribute.Int("grpclb.clients", e.clients),
			attribute.Int("grpclb.clients.behind", e.behind),
		))
		if e.behind > 0 {
			span.SetStatus(codes.Error, "not every client has been handed the list")
		}
		span.End(trace.WithTimestamp(e.at))
	}
	l.core.todo = nil
}

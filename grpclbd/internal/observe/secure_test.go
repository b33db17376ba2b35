package observe

import (
	"crypto/tls"
	"log/slog"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/grpclbd/internal/certtest"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

// Backends are asked over TLS. Files that can't be read are the reason why they are unhealthy,
// and no more: when they can be, the backends are healthy.
func TestHealth_Check_TLS(t *testing.T) {
	a := certtest.New(t)
	files := a.Write(t.TempDir(), "backend")
	pair, err := tls.LoadX509KeyPair(files.Cert, files.Key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer(grpc.Creds(credentials.NewServerTLSFromCert(&pair)))
	healthpb.RegisterHealthServer(s, health.NewServer())
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() { s.Stop(); <-served })

	here := t.TempDir()
	cfg := checks()
	cfg.TLS = &config.StoreTLS{CA: here + "/ca.pem"}
	heard := &tally{inbox: actor.NewInbox[arrival](), healthy: map[string]bool{}}
	w := Start(cfg, nil, heard, slog.New(slog.DiscardHandler))
	t.Cleanup(w.Stop)
	w.Watch([]string{l.Addr().String()})
	first := heard.inbox.Open(<-heard.inbox.Ready())[0].changes[0]
	if first.Healthy || first.Why == "" {
		t.Errorf("heard %+v without a file", first)
	}
	t.Log(first.Why)
	a.Write(here, "unused")
	heard.until(1)
}

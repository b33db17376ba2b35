package clienttls_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/actorlb/grpclb/grpclbd/internal/certtest"
	"github.com/actorlb/grpclb/grpclbd/internal/clienttls"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve starts a server that wants certificates of the authority in files, and returns where.
func serve(t *testing.T, files certtest.Files) string {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(files.Cert, files.Key)
	if err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(files.CA)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	s := grpc.NewServer(grpc.Creds(credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{pair}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert,
	})))
	healthpb.RegisterHealthServer(s, health.NewServer())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() { s.Stop(); <-served })
	return l.Addr().String()
}

// ask makes a connection and one call.
func ask(t *testing.T, addr string, creds credentials.TransportCredentials, options ...grpc.DialOption) error {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///"+addr, append(options, grpc.WithTransportCredentials(creds))...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	_, err = healthpb.NewHealthClient(conn).Check(ctx, &healthpb.HealthCheckRequest{})
	return err
}

// New files are used for the next connection, without a restart: of the client's own
// certificate, and of the authority that it trusts.
func TestSecure_FilesAreReadAgain(t *testing.T) {
	dir := t.TempDir()
	before, after := certtest.New(t), certtest.New(t)
	old, renewed := serve(t, before.Write(t.TempDir(), "old server")), serve(t, after.Write(t.TempDir(), "new server"))
	files := before.Write(dir, "client")
	creds, err := clienttls.New(config.StoreTLS{CA: files.CA, Cert: files.Cert, Key: files.Key})
	if err != nil {
		t.Fatal(err)
	}
	if err := ask(t, old, creds); err != nil {
		t.Error(err)
	}
	if err := ask(t, renewed, creds); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a server of another authority: %v", err)
	}
	after.Write(dir, "client")
	if err := ask(t, renewed, creds.Clone()); err != nil {
		t.Error(err)
	}
	if err := ask(t, old, creds); err == nil {
		t.Error("a server of an authority that is trusted no more")
	}
	if err := os.WriteFile(files.CA, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := ask(t, renewed, creds); err == nil || !strings.Contains(err.Error(), files.CA) {
		t.Errorf("a file that is broken: %v", err)
	}
}

// The name of a server counts, also if it is an IP address.
func TestSecure_NameOfTheServer(t *testing.T) {
	a := certtest.New(t)
	files := a.Write(t.TempDir(), "x")
	addr := serve(t, files)
	creds, err := clienttls.New(config.StoreTLS{CA: files.CA, Cert: files.Cert, Key: files.Key})
	if err != nil {
		t.Fatal(err)
	}
	for name, ok := range map[string]bool{"127.0.0.1": true, "127.0.0.2": false, "other.test": false} {
		if err := ask(t, addr, creds, grpc.WithAuthority(name)); (err == nil) != ok {
			t.Errorf("asked for %s: %v", name, err)
		}
	}
}

func TestSecure_WrongFiles(t *testing.T) {
	files := certtest.New(t).Write(t.TempDir(), "x")
	for want, c := range map[string]config.StoreTLS{
		"tls.ca: open /nowhere":   {CA: "/nowhere"},
		"no certificate in PEM":   {CA: files.Key},
		"need each other":         {Cert: files.Cert},
		"tls.cert, tls.key: open": {Cert: files.Cert, Key: "/nowhere"},
	} {
		if _, err := clienttls.New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", c, err, want)
		}
	}
}

// Package servertls makes the TLS configuration of a server from files, and reads them again
// when they change. Package clienttls does so for clients.
package servertls

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"time"

	"google.golang.org/grpc/credentials/tls/certprovider"
	"google.golang.org/grpc/credentials/tls/certprovider/pemfile"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/filecheck"
	"github.com/actorlb/grpclb/grpclbd/internal/seldom"
)

// refresh is how often the files are looked at.
const refresh = 5 * time.Second

// Files are the files of a server's credentials. While they are unreadable, what was read last
// stays in use, and the log says so.
type Files struct {
	provider certprovider.Provider
	check    *filecheck.Check
	verify   bool        // clients have to show a certificate
	refused  *seldom.Log // handshakes that have failed
}

// Open opens the files. It reads them once, since a provider would only log what is wrong
// with them. Clients have to show a certificate if t.ClientCA is set. The log hears when the
// files can't be used any more.
func Open(t config.TLS, log *slog.Logger) (*Files, error) { return open(t, log, refresh) }

func open(t config.TLS, log *slog.Logger, refresh time.Duration) (*Files, error) {
	if err := named(t).Try(); err != nil {
		return nil, err
	}
	p, err := pemfile.NewProvider(pemfile.Options{
		CertFile: t.Cert, KeyFile: t.Key, RootFile: t.ClientCA, RefreshDuration: refresh,
	})
	if err != nil {
		return nil, err
	}
	f := &Files{
		provider: p, check: filecheck.Start(t.Cert, named(t), log), verify: t.ClientCA != "",
		refused: seldom.Start("a client was refused: its TLS handshake has failed", log),
	}
	return f, nil
}

// Check returns what is wrong with the files now.
func Check(t config.TLS) error { return named(t).Try() }

// Named are the names of the files.
type named config.TLS

// Try makes named a use of files.
func (n named) Try() error {
	if _, err := tls.LoadX509KeyPair(n.Cert, n.Key); err != nil {
		return fmt.Errorf("certificate %q with key %q: %w", n.Cert, n.Key, err)
	}
	if n.ClientCA == "" {
		return nil
	}
	pem, err := os.ReadFile(n.ClientCA)
	if err != nil {
		return err
	}
	if !x509.NewCertPool().AppendCertsFromPEM(pem) {
		return fmt.Errorf("%q has no certificate of an authority", n.ClientCA)
	}
	return nil
}

// Config is what the server needs. Each connection gets what the files had last.
func (f *Files) Config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"h2", "http/1.1"},
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			material, err := f.provider.KeyMaterial(hello.Context())
			if err != nil {
				return nil, err
			}
			c := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, Certificates: material.Certs}
			if f.verify {
				c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, material.Roots
			}
			return c, nil
		},
	}
}

// Close stops looking at the files.
func (f *Files) Close() {
	f.refused.Stop()
	f.check.Stop()
	f.provider.Close()
}

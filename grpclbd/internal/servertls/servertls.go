// Package servertls makes the TLS configuration of a server from files, and reads them again
// when they change. Package clienttls does so for clients.
package servertls

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"time"

	"google.golang.org/grpc/credentials/tls/certprovider"
	"google.golang.org/grpc/credentials/tls/certprovider/pemfile"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

// refresh is how often the files are looked at.
const refresh = 5 * time.Second

// Files are the files of a server's credentials. While they are unreadable, what was read last
// stays in use, and gRPC's log has a warning.
type Files struct {
	provider certprovider.Provider
	verify   bool // clients have to show a certificate
}

// Open opens the files. It reads them once, since a provider would only log what is wrong
// with them. Clients have to show a certificate if t.ClientCA is set.
func Open(t config.TLS) (*Files, error) { return open(t, refresh) }

func open(t config.TLS, refresh time.Duration) (*Files, error) {
	if _, err := tls.LoadX509KeyPair(t.Cert, t.Key); err != nil {
		return nil, fmt.Errorf("certificate %q with key %q: %w", t.Cert, t.Key, err)
	}
	if t.ClientCA != "" {
		pem, err := os.ReadFile(t.ClientCA)
		if err != nil {
			return nil, err
		}
		if !x509.NewCertPool().AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%q has no certificate of an authority", t.ClientCA)
		}
	}
	p, err := pemfile.NewProvider(pemfile.Options{
		CertFile: t.Cert, KeyFile: t.Key, RootFile: t.ClientCA, RefreshDuration: refresh,
	})
	if err != nil {
		return nil, err
	}
	return &Files{provider: p, verify: t.ClientCA != ""}, nil
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
func (f *Files) Close() { f.provider.Close() }

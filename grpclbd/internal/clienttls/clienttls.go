// Package clienttls has the TLS credentials of connections that this program opens. The
// files are read again for each connection, so new certificates need no restart.
package clienttls

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"

	"google.golang.org/grpc/credentials"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

// New returns credentials that read files at each handshake. A handshake for which they
// can't be read fails with an error that names the file; open connections go on. New
// itself reads them once, so a wrong path is an error at the start. Without a CA, the
// certificate authorities of the system count.
func New(files config.StoreTLS) (credentials.TransportCredentials, error) {
	if _, err := read(files); err != nil {
		return nil, err
	}
	return Reload(files), nil
}

// Reload does the same as New without reading the files: if they can't be read, each
// handshake fails.
func Reload(files config.StoreTLS) credentials.TransportCredentials { return &reloading{files: files} }

// reloading is immutable after [New].
type reloading struct {
	files config.StoreTLS
	name  string // the server's name if it is not the authority
}

func (r *reloading) ClientHandshake(ctx context.Context, authority string, conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	cfg, err := read(r.files)
	if err != nil {
		return nil, nil, err
	}
	cfg.ServerName = r.name
	return credentials.NewTLS(cfg).ClientHandshake(ctx, authority, conn)
}

func (r *reloading) ServerHandshake(net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return nil, nil, errors.New("these credentials are for clients")
}

func (r *reloading) Info() credentials.ProtocolInfo {
	return credentials.NewTLS(&tls.Config{ServerName: r.name}).Info()
}

func (r *reloading) Clone() credentials.TransportCredentials { return &reloading{r.files, r.name} }

func (r *reloading) OverrideServerName(name string) error {
	r.name = name
	return nil
}

// read makes a configuration of what the files have now.
func read(files config.StoreTLS) (*tls.Config, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if files.CA != "" {
		pem, err := os.ReadFile(files.CA)
		if err != nil {
			return nil, fmt.Errorf("tls.ca: %w", err)
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("tls.ca: %s has no certificate in PEM form", files.CA)
		}
	}
	if (files.Cert == "") != (files.Key == "") {
		return nil, errors.New("tls.cert and tls.key need each other: one of them is missing")
	}
	if files.Cert != "" {
		pair, err := tls.LoadX509KeyPair(files.Cert, files.Key)
		if err != nil {
			return nil, fmt.Errorf("tls.cert, tls.key: %w", err)
		}
		cfg.Certificates = []tls.Certificate{pair}
	}
	return cfg, nil
}

// Config returns what the files have now, for clients that take no credentials of gRPC.
func Config(files config.StoreTLS) (*tls.Config, error) { return read(files) }

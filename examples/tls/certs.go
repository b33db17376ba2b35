package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"time"

	"google.golang.org/grpc/credentials"
)

// lifetime is how long certificates hold. They are made when the program starts,
// and never leave its memory.
const lifetime = time.Hour

// An authority signs certificates. Clients that have it in their pool believe in
// them.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// newAuthority makes one, which has signed itself.
func newAuthority() (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := dated(&x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "the example's own CA"},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	})
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return &authority{cert, key}, err
}

// certificate returns one of a server that has this name, with its key.
func (a *authority) certificate(name string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := dated(&x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		DNSNames:     []string{name}, // the only place where clients look for it
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

// server returns the credentials of a server that has this name.
func (a *authority) server(name string) (credentials.TransportCredentials, error) {
	cert, err := a.certificate(name)
	return credentials.NewTLS(&tls.Config{Certificates: []tls.Certificate{cert}}), err
}

// dated has a certificate hold from just before now, for clocks that differ.
func dated(c *x509.Certificate) *x509.Certificate {
	c.NotBefore, c.NotAfter = time.Now().Add(-time.Minute), time.Now().Add(lifetime)
	return c
}

// client returns the credentials of a channel that believes in the authority
// and in nobody else. No name is set here: whom it expects is told per address.
func (a *authority) client() credentials.TransportCredentials {
	return credentials.NewTLS(&tls.Config{RootCAs: a.pool()})
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

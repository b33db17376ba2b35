package grpclb_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

// A ca signs the certificates of a test. It is made where its certificates are
// used: they hold for a day around the time there, which in a bubble is in the
// year 2000.
type ca struct {
	testing.TB
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newCA(t testing.TB) *ca {
	t.Helper()
	c := &ca{TB: t}
	c.cert, c.key = c.issue(&x509.Certificate{
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	})
	return c
}

// issue signs a certificate for a new key: with that key itself, if c is new.
func (c *ca) issue(template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	c.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		c.Fatal(err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(30*time.Hour)
	signer, with := c.cert, c.key
	if signer == nil {
		signer, with = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, signer, &key.PublicKey, with)
	if err != nil {
		c.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		c.Fatal(err)
	}
	return cert, key
}

// server has a server identify itself by these names.
func (c *ca) server(names ...string) grpc.ServerOption {
	c.Helper()
	cert, key := c.issue(&x509.Certificate{DNSNames: names, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	return grpc.Creds(credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}},
	}))
}

// client returns the credentials of a client that believes c and nobody else.
func (c *ca) client() credentials.TransportCredentials { return c.clientNamed("") }

// clientNamed is client with a server name of its own, by which users once
// told gRPC the authority.
func (c *ca) clientNamed(name string) credentials.TransportCredentials {
	pool := x509.NewCertPool()
	pool.AddCert(c.cert)
	return credentials.NewTLS(&tls.Config{RootCAs: pool, ServerName: name})
}

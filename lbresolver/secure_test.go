package lbresolver_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// identity makes a certificate that vouches for itself, and adds it to those
// that clients believe. It is for a name, or for an address if that is one.
func identity(t testing.TB, believed *x509.CertPool, name string) grpc.ServerOption {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()),
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	believed.AddCert(cert)
	return grpc.Creds(credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
	}))
}

// A balancer has to be who the SRV record or the target says it is, and no
// backend has to be that: they are the service, as they would be without one.
// Where the balancer is somebody else, calls go to the fallback server.
func TestSecure_BalancerName(t *testing.T) {
	for _, c := range []struct {
		certificate string // of the balancer
		given       string // in the target, without the port; empty is by SRV
		right       bool
	}{
		{"lb.example.com", "", true},
		{"shop.example.com", "", false},
		{"lb.example.com", "lb.example.com", true},
		{"lb.example.com", "lb.example.com.", true},
		{"shop.example.com", "lb.example.com", false},
		{"127.0.0.1", "127.0.0.1", true},
		{"lb.example.com", "127.0.0.1", false},
	} {
		s := newSite(t)
		believed := x509.NewCertPool()
		s.lb = lbtest.NewBalancer(t, s.network, identity(t, believed, c.certificate))
		s.backend = lbtest.NewBackend(t, s.network, 3, identity(t, believed, "shop.example.com"))
		s.fallback = lbtest.NewBackend(t, s.network, 4, identity(t, believed, "shop.example.com"))
		s.balancerAt(s.lb)
		var parameters string
		if c.given != "" {
			_, port, _ := net.SplitHostPort(s.lb.Addr())
			parameters = "&balancer=" + net.JoinHostPort(c.given, port)
		}
		s.dial(parameters, grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{RootCAs: believed})))
		if !c.right {
			s.answers(s.fallback, lbtest.NoToken)
			continue
		}
		s.balance(s.lb, "a")
		s.answers(s.backend, "a")
	}
}

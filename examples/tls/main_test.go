package main

import (
	"bytes"
	"crypto/x509"
	"io"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTLS_EndsInOK(t *testing.T) {
	var printed bytes.Buffer
	if err := run(io.MultiWriter(&printed, t.Output())); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(printed.String(), "\n")
	for i, want := range []string{
		"calls: a 10 b 10", "calls: a 10 b 10", "UNAVAILABLE: certificate is valid for billing.example.com", "calls: fallback 20",
	} {
		if !strings.HasPrefix(lines[i], scenes[i].what) || !strings.Contains(lines[i], want) {
			t.Errorf("line %d is %q, want %q: %s", i+1, lines[i], scenes[i].what, want)
		}
	}
	if !strings.HasSuffix(printed.String(), "\ntls: ok (3 wrong certificates, each refused)\n") {
		t.Error("it does not end in ok")
	}
}

// A certificate is good for its name, and for nobody else's; and for none to a
// client that has another CA.
func TestAuthority(t *testing.T) {
	ca, other := newCA(t), newCA(t)
	for name, c := range map[string]struct {
		believed  *authority
		certified string
		good      bool
	}{
		"the name":     {ca, service, true},
		"another name": {ca, "www." + service, false},
		"another CA":   {other, service, false},
	} {
		cert, err := ca.certificate(c.certified)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(cert.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		_, err = leaf.Verify(x509.VerifyOptions{DNSName: service, Roots: c.believed.pool()})
		if (err == nil) != c.good {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func newCA(t *testing.T) *authority {
	t.Helper()
	ca, err := newAuthority()
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

package recipes

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/tls/certprovider"
	"google.golang.org/grpc/credentials/tls/certprovider/pemfile"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/security/advancedtls"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/internal/lbtest"
	"github.com/actorlb/grpclb/lbserver"
)

// clientTLS reads its certificate again for each connection.
func clientTLS(certFile, keyFile string, roots *x509.CertPool) credentials.TransportCredentials {
	return credentials.NewTLS(&tls.Config{
		RootCAs: roots,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			cert, err := tls.LoadX509KeyPair(certFile, keyFile)
			return &cert, err
		},
	})
}

// serverTLS is the same for backends and balancers.
func serverTLS(certFile, keyFile string, clients *x509.CertPool) credentials.TransportCredentials {
	return credentials.NewTLS(&tls.Config{
		ClientCAs:  clients,
		ClientAuth: tls.RequireAndVerifyClientCert,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			cert, err := tls.LoadX509KeyPair(certFile, keyFile)
			return &cert, err
		},
	})
}

// rotating credentials read certificate, key and roots again at this interval. Close
// the provider when the channel is closed.
func rotating(certFile, keyFile, rootFile string, interval time.Duration) (credentials.TransportCredentials, certprovider.Provider, error) {
	files, err := pemfile.NewProvider(pemfile.Options{
		CertFile: certFile, KeyFile: keyFile, RootFile: rootFile,
		RefreshDuration: interval,
	})
	if err != nil {
		return nil, nil, err
	}
	creds, err := advancedtls.NewClientCreds(&advancedtls.Options{
		IdentityOptions: advancedtls.IdentityCertificateOptions{IdentityProvider: files},
		RootOptions:     advancedtls.RootCertificateOptions{RootProvider: files},
	})
	return creds, files, err
}

// New connections use new certificates; calls on the old one go on.
func TestCertificates(t *testing.T) {
	f := newFiles(t)
	ca := newCA(t)
	ca.sign(f.client, 1)
	ca.sign(f.server, 2)
	s := newSecureSite(t, serverTLS(f.server.cert, f.server.key, ca.pool()))
	client := s.dial(target, `{}`,
		grpc.WithTransportCredentials(clientTLS(f.client.cert, f.client.key, ca.pool())))
	s.expect(client, 1, 2)
	ca.sign(f.client, 3)
	ca.sign(f.server, 4)
	s.expect(client, 1, 2)
	s.network.Cut(s.backends[0].Addr())
	s.expect(client, 3, 4)
}

// Roots change too: servers get certificates of another CA.
func TestCertificates_Roots(t *testing.T) {
	f := newFiles(t)
	ca, next := newCA(t), newCA(t)
	clients := ca.pool()
	clients.AddCert(next.cert) // servers take both from the beginning
	ca.sign(f.client, 1)
	ca.sign(f.server, 2)
	f.trust(ca)
	s := newSecureSite(t, serverTLS(f.server.cert, f.server.key, clients))
	creds, files, err := rotating(f.client.cert, f.client.key, f.roots, 10*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(files.Close)
	client := s.dial(target, `{}`, grpc.WithTransportCredentials(creds))
	s.expect(client, 1, 2)
	f.trust(ca, next)
	next.sign(f.client, 3)
	for start := time.Now(); ; s.network.Cut(s.backends[0].Addr()) {
		if got := s.serials(client); got == [2]int64{3, 2} {
			break
		} else if time.Since(start) > 10*time.Second {
			t.Fatalf("certificates %v are still in use", got)
		}
	}
	next.sign(f.server, 4)
	s.network.Cut(s.backends[0].Addr())
	s.expect(client, 3, 4)
}

// newSecureSite has a balancer and a backend with these credentials.
func newSecureSite(t *testing.T, creds credentials.TransportCredentials) *site {
	s := newSite(t, lbtest.NewLoopback(), 1, grpc.Creds(creds), grpc.ChainUnaryInterceptor(tellCertificate))
	s.address = s.serve("", s.balancer.Register, grpc.Creds(creds), lbserver.KeepaliveEnforcement())
	t.Cleanup(s.balancer.Close)
	return s
}

// tellCertificate tells a client in a header which certificate it has shown.
func tellCertificate(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	p, _ := peer.FromContext(ctx)
	if err := grpc.SetHeader(ctx, metadata.Pairs("serial", fmt.Sprint(serial(p)))); err != nil {
		return nil, err
	}
	return handle(ctx, request)
}

func serial(p *peer.Peer) int64 {
	return p.AuthInfo.(credentials.TLSInfo).State.PeerCertificates[0].SerialNumber.Int64()
}

// serials makes a call and returns which certificates client and backend have shown.
func (s *site) serials(client testpb.TestServiceClient) (serials [2]int64) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), 10*time.Second)
	defer cancel()
	var header metadata.MD
	var p peer.Peer
	if _, err := client.UnaryCall(ctx, &testpb.SimpleRequest{}, grpc.Header(&header), grpc.Peer(&p), grpc.WaitForReady(true)); err != nil {
		if status.Code(err) != codes.Unavailable {
			s.Fatal(err)
		}
		return serials // its connection was cut
	}
	if _, err := fmt.Sscan(header.Get("serial")[0], &serials[0]); err != nil {
		s.Fatal(err)
	}
	serials[1] = serial(&p)
	return serials
}

func (s *site) expect(client testpb.TestServiceClient, want ...int64) {
	s.Helper()
	for range 3 {
		if got := s.serials(client); got == [2]int64{} {
			continue
		} else if got != [2]int64(want) {
			s.Errorf("client and backend have shown the certificates %v, want %v", got, want)
		} else {
			return
		}
	}
	s.Error("no call was answered")
}

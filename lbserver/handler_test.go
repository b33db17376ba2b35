package lbserver

import (
	"crypto/tls"
	"crypto/x509"
	"net/http/httptest"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
)

// A borrowed stream counts what passes through it, without a lock: the handler
// has it until it returns, and then it is its interceptor's again.
type borrowed struct {
	grpc.ServerStream
	received, sent int
}

func (b *borrowed) RecvMsg(m any) error {
	err := b.ServerStream.RecvMsg(m)
	b.received++
	return err
}

func (b *borrowed) SendMsg(m any) error {
	err := b.ServerStream.SendMsg(m)
	b.sent++
	return err
}

// lend returns an interceptor that lends each handler a stream, and what its
// handlers returned.
func lend() (grpc.StreamServerInterceptor, <-chan error) {
	results := make(chan error, 100)
	return func(srv any, s grpc.ServerStream, _ *grpc.StreamServerInfo, h grpc.StreamHandler) error {
		b := &borrowed{ServerStream: s}
		err := h(srv, b)
		// The race detector sees it if somebody uses the stream still.
		b.received, b.sent = 0, 0
		b.ServerStream = nil
		results <- err
		return err
	}, results
}

// However a call ends, nothing uses its stream once its handler has returned, and
// the client is told why it ended.
func TestServer_Handler(t *testing.T) {
	for _, test := range []struct {
		name string
		end  func(*rig, *client)
		code codes.Code
	}{
		{"removed", func(r *rig, _ *client) { r.Remove(greeter) }, codes.NotFound},
		{"closed", func(r *rig, _ *client) { r.Close() }, codes.Unavailable},
		{"hangs up", func(_ *rig, c *client) { c.hangUp() }, codes.Canceled},
		{"asks again", func(_ *rig, c *client) { c.say(initialRequest(greeter)) }, codes.InvalidArgument},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				interceptor, results := lend()
				r := inMemory(t, Options{}, grpc.StreamInterceptor(interceptor))
				r.set(t, greeter, one(1))
				c := r.join(t, greeter)
				c.wantList(entry(1))
				synctest.Wait() // the reader waits for a report
				test.end(r, c)
				if err := <-results; status.Code(err) != test.code {
					t.Errorf("the handler returned %v, want %v", err, test.code)
				}
				c.wantEnd(test.code)
				r.Close()
				r.server.GracefulStop()
			})
		})
	}
}

// The same while the writer waits for a client that takes nothing.
func TestServer_Handler_Blocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		interceptor, results := lend()
		r := inMemory(t, Options{}, grpc.StreamInterceptor(interceptor))
		r.set(t, greeter, big(0)...)
		c := r.join(t, greeter)
		for n := range 5 {
			r.set(t, greeter, big(n)...)
			synctest.Wait()
		}
		r.Remove(greeter)
		if err := <-results; status.Code(err) != codes.NotFound {
			t.Errorf("the handler returned %v", err)
		}
		for {
			if _, err := c.Recv(); err != nil {
				if status.Code(err) != codes.NotFound {
					t.Errorf("the call ended with %v", err)
				}
				break
			}
		}
	})
}

// A call that is refused is in nobody's way, and so the word that its handler
// returns is the one that interceptors can change.
func TestServer_Handler_Refused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, Options{}, grpc.StreamInterceptor(func(srv any, s grpc.ServerStream, _ *grpc.StreamServerInfo, h grpc.StreamHandler) error {
			if err := h(srv, s); status.Code(err) == codes.NotFound {
				return status.Error(codes.PermissionDenied, "nothing to see here")
			}
			return status.Error(codes.DataLoss, "not as expected")
		}))
		c := ask(t, r.connect(t), greeter)
		c.wantEnd(codes.PermissionDenied)
	})
}

// In net/http's server as well, which has streams of another kind.
func TestServer_Handler_ServeHTTP(t *testing.T) {
	interceptor, results := lend()
	b := New(Options{})
	defer b.Close()
	s := grpc.NewServer(grpc.StreamInterceptor(interceptor))
	defer s.Stop()
	b.Register(s)
	web := httptest.NewUnstartedServer(s)
	web.EnableHTTP2 = true
	web.StartTLS()
	defer web.Close()
	r := &rig{Balancer: b, server: s, addr: web.Listener.Addr().String()}
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	cc, err := grpc.NewClient("passthrough:///"+r.addr, grpc.WithTransportCredentials(
		credentials.NewTLS(&tls.Config{RootCAs: roots, ServerName: "example.com"})))
	if err != nil {
		t.Fatal(err)
	}
	defer cc.Close()
	for range 5 {
		r.set(t, greeter, numbered(1000, 1)...)
		var clients []*client
		for range 3 {
			c := ask(t, cc, greeter)
			c.wantInitial(0)
			c.wantList(written(numbered(1000, 1))...)
			clients = append(clients, c)
		}
		r.Remove(greeter)
		for _, c := range clients {
			if err := <-results; status.Code(err) != codes.NotFound {
				t.Errorf("the handler returned %v", err)
			}
			c.wantEnd(codes.NotFound)
		}
	}
}

// A stream that is not gRPC's own has no end but that of its handler, so the
// handler does not wait.
func TestServer_Handler_ForeignStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Options{})
		defer b.Close()
		if err := b.SetFallback(greeter); err != nil {
			t.Fatal(err)
		}
		w, _, result := serve(b)
		w.recvs <- initialRequest(greeter)
		<-w.sends
		<-w.sends
		b.Remove(greeter)
		if err := <-result; status.Code(err) != codes.NotFound {
			t.Errorf("the handler returned %v", err)
		}
	})
}

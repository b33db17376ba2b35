package proxy

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"
)

// patience is for what should happen at once; only a test that fails waits for
// all of it.
const patience = 10 * time.Second

// A rig is a proxy before a server that hands over its connections.
type rig struct {
	*testing.T
	proxy    *Proxy
	listener net.Listener
	accepted chan *net.TCPConn
}

func newRig(t *testing.T) *rig {
	t.Helper()
	p, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{T: t, proxy: p}
	t.Cleanup(p.Close)
	r.serve()
	return r
}

// serve starts a server on a port of its own and has the proxy go there.
func (r *rig) serve() {
	r.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.Fatal(err)
	}
	accepted := make(chan *net.TCPConn, 16)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- c.(*net.TCPConn)
		}
	}()
	r.Cleanup(func() {
		_ = l.Close()
		<-ended
	})
	r.listener, r.accepted = l, accepted
	r.proxy.Forward(l.Addr().String())
}

// dial connects a client.
func (r *rig) dial() *net.TCPConn {
	r.Helper()
	c, err := net.Dial("tcp", r.proxy.Addr())
	if err != nil {
		r.Fatal(err)
	}
	return r.own(c.(*net.TCPConn))
}

// pair connects a client and returns both ends.
func (r *rig) pair() (client, server *net.TCPConn) {
	r.Helper()
	client = r.dial()
	select {
	case server = <-r.accepted:
		return client, r.own(server)
	case <-time.NewTimer(patience).C:
		r.Fatal("no connection came to the server")
		return nil, nil
	}
}

// own closes c with the test, and bounds how long it waits.
func (r *rig) own(c *net.TCPConn) *net.TCPConn {
	r.Helper()
	r.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		r.Fatal(err)
	}
	return c
}

func (r *rig) write(c net.Conn, text string) {
	r.Helper()
	if _, err := c.Write([]byte(text)); err != nil {
		r.Fatalf("writing: %v", err)
	}
}

func (r *rig) wantRead(c net.Conn, text string) {
	r.Helper()
	got := make([]byte, len(text))
	if n, err := io.ReadFull(c, got); err != nil || string(got) != text {
		r.Fatalf("read %q and %v, want %q", got[:n], err, text)
	}
}

// wantCut fails the test unless c ends with an RST, whatever comes before it.
func (r *rig) wantCut(c net.Conn) {
	r.Helper()
	_, err := io.Copy(io.Discard, c)
	if !errors.Is(err, syscall.ECONNRESET) {
		r.Fatalf("the connection ended with %v, want a reset", err)
	}
}

// wantRefused fails the test unless a client that comes is cut off: which it may
// learn while it is still dialling.
func (r *rig) wantRefused() {
	r.Helper()
	c, err := net.Dial("tcp", r.proxy.Addr())
	switch {
	case err == nil:
		r.wantCut(r.own(c.(*net.TCPConn)))
	case !errors.Is(err, syscall.ECONNRESET):
		r.Fatalf("dialling ended with %v, want a reset", err)
	}
}

// wantSilence fails the test if anything comes of c, its end included, in a
// while that is long for what should not come.
func (r *rig) wantSilence(c *net.TCPConn) {
	r.Helper()
	if err := c.SetReadDeadline(time.Now().Add(30 * time.Millisecond)); err != nil {
		r.Fatal(err)
	}
	var b [1]byte
	if n, err := c.Read(b[:]); !errors.Is(err, errTimeout) {
		r.Fatalf("read %q and %v, want nothing", b[:n], err)
	}
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		r.Fatal(err)
	}
}

// wantOpen waits until the proxy has so many connections.
func (r *rig) wantOpen(n int) {
	r.Helper()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(patience); r.proxy.Open() != n; <-ticker.C {
		if time.Now().After(end) {
			r.Fatalf("%d connections are open, want %d", r.proxy.Open(), n)
		}
	}
}

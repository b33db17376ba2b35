package proxy

import (
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// A rig is a proxy before a server that hands over its connections.
type rig struct {
	*testing.T
	proxy    *Proxy
	listener net.Listener
}

func newRig(t *testing.T) *rig {
	p, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	p.Forward(l.Addr().String())
	return &rig{t, p, l}
}

func (r *rig) dial() net.Conn {
	c, err := net.Dial("tcp", r.proxy.Addr())
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { _ = c.Close() })
	return c
}

// pair returns both ends of a connection through the proxy.
func (r *rig) pair() (client, server net.Conn) {
	client = r.dial()
	server, err := r.listener.Accept()
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { _ = server.Close() })
	return client, server
}

// passes reports whether a word that is written at one end comes out at the other.
// It returns the error of reading, a time-out if nothing comes.
func (r *rig) passes(from, to net.Conn, within time.Duration) error {
	_, _ = from.Write([]byte("word")) // reading shows if it fails
	_ = to.SetReadDeadline(time.Now().Add(within))
	_, err := io.ReadFull(to, make([]byte, 4))
	return err
}

const soon, never = 10 * time.Second, 50 * time.Millisecond

func (r *rig) wantCut(conns ...net.Conn) {
	r.Helper()
	for _, c := range conns {
		_ = c.SetReadDeadline(time.Now().Add(soon))
		if _, err := c.Read(make([]byte, 1)); err == nil || err == io.EOF || os.IsTimeout(err) {
			r.Errorf("reading yields %v, want a reset", err)
		}
	}
	if n := r.proxy.Open(); n != 0 {
		r.Errorf("%d connections are open", n)
	}
}

func TestProxy_PassesBothWaysAndTheEnd(t *testing.T) {
	r := newRig(t)
	client, server := r.pair()
	r.proxy.Set(Weather{Delay: never / 2, Rate: 1 << 10})
	began := time.Now()
	if err := r.passes(client, server, soon); err != nil || time.Since(began) < never/2 {
		t.Errorf("to the server: %v, after %v", err, time.Since(began))
	}
	r.proxy.Set(Weather{})
	_ = client.(*net.TCPConn).CloseWrite()
	if _, err := server.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("after the end comes %v", err)
	}
	if err := r.passes(server, client, soon); err != nil {
		t.Errorf("back: %v", err)
	}
}

func TestProxy_CutsAndRefuses(t *testing.T) {
	r := newRig(t)
	for _, cut := range []func(){r.proxy.Cut, func() { r.proxy.Set(Weather{Refuse: true}) }} {
		client, server := r.pair()
		cut()
		r.wantCut(client, server)
	}
	if c, err := net.Dial("tcp", r.proxy.Addr()); err == nil { // else it was cut at once
		r.wantCut(c)
		_ = c.Close()
	}
}

func TestProxy_Hole(t *testing.T) {
	r := newRig(t)
	client, server := r.pair()
	r.proxy.Set(Weather{Hole: true})
	later := r.dial()
	if err := r.passes(client, server, never); !os.IsTimeout(err) {
		t.Errorf("in a hole: %v, want nothing", err)
	}
	_ = server.Close()
	for _, c := range []net.Conn{client, later} {
		if err := r.passes(c, c, never); !os.IsTimeout(err) {
			t.Errorf("the client hears of it: %v", err)
		}
	}
	r.proxy.Set(Weather{})
	r.wantCut(client, later)
	client, server = r.pair()
	if err := r.passes(client, server, soon); err != nil {
		t.Errorf("after the hole: %v", err)
	}
}

// Close returns at once, whatever the weather.
func TestProxy_Close(t *testing.T) {
	for _, w := range []Weather{{}, {Hole: true}, {Delay: time.Hour}, {Rate: 1}} {
		r := newRig(t)
		client, server := r.pair()
		r.proxy.Set(w)
		_, _ = client.Write([]byte("some"))
		_, _ = server.Write([]byte("thing"))
		r.proxy.Close()
		r.proxy.Close()
	}
}

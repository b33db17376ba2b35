package grpclb_test

import (
	"context"
	"net"
	"sync"
	"testing"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// A tap is the dialler of a channel. It fails the test if the channel begins a
// connection with anything but a TLS handshake.
type tap struct {
	testing.TB
	network lbtest.Network

	mu      sync.Mutex
	conns   map[string]int  // connections made, by address
	written map[string]int  // how often something was written to them
	stalled map[string]int  // how many of them, the first ones, take no more bytes
	plain   map[string]bool // addresses that may be spoken to in plain text
}

func newTap(t testing.TB, n lbtest.Network) *tap {
	return &tap{
		TB:      t,
		network: n,
		conns:   make(map[string]int),
		written: make(map[string]int),
		stalled: make(map[string]int),
		plain:   make(map[string]bool),
	}
}

func (t *tap) dial(ctx context.Context, addr string) (net.Conn, error) {
	c, err := t.network.Dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.conns[addr]++
	return &tapped{Conn: c, tap: t, addr: addr, number: t.conns[addr], closed: make(chan struct{})}, nil
}

// dialled returns how many connections to an address were made.
func (t *tap) dialled(addr string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.conns[addr]
}

// writes returns how often something was written to an address.
func (t *tap) writes(addr string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.written[addr]
}

// stall has the connections that there are to an address take no more bytes,
// as if their packets went nowhere.
func (t *tap) stall(addr string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stalled[addr] = t.conns[addr]
}

// allowPlain lets the channel speak to an address in plain text.
func (t *tap) allowPlain(addr string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.plain[addr] = true
}

// note counts a write and reports whether it may go through. The first one of
// a connection is looked at.
func (t *tap) note(c *tapped, b []byte) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.written[c.addr]++
	if !c.begun && !t.plain[c.addr] && (len(b) == 0 || b[0] != handshakeRecord) {
		t.Errorf("plain text to %s: %q", c.addr, b)
	}
	c.begun = true
	return c.number > t.stalled[c.addr]
}

// A tapped is a connection of a tap.
type tapped struct {
	net.Conn
	tap    *tap
	addr   string
	number int  // of those to addr
	begun  bool // something was written
	once   sync.Once
	closed chan struct{}
}

// handshakeRecord is the first byte of a TLS connection (RFC 8446, 5.1).
const handshakeRecord = 22

func (c *tapped) Write(b []byte) (int, error) {
	if !c.tap.note(c, b) {
		<-c.closed
		return 0, net.ErrClosed
	}
	return c.Conn.Write(b)
}

func (c *tapped) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

package lbtest

import (
	"io"
	"net"
	"time"
)

// A memoryConn is one end of a connection: a pipe it reads and one it writes.
type memoryConn struct {
	local, remote net.Addr
	in, out       *pipe
}

// newConnPair returns both ends of a connection.
func newConnPair(near, far net.Addr) (*memoryConn, *memoryConn) {
	there, back := newPipe(), newPipe()
	return &memoryConn{near, far, back, there}, &memoryConn{far, near, there, back}
}

func (c *memoryConn) Read(b []byte) (int, error) {
	n, err := c.in.read(b)
	return n, c.wrap("read", err)
}

func (c *memoryConn) Write(b []byte) (int, error) {
	n, err := c.out.write(b)
	return n, c.wrap("write", err)
}

// Close ends both directions. The other end can still read what was written.
func (c *memoryConn) Close() error {
	c.in.closeRead()
	c.out.closeWrite()
	return nil
}

// abort ends both directions for both ends and discards what was written.
func (c *memoryConn) abort() {
	c.in.reset()
	c.out.reset()
}

func (c *memoryConn) LocalAddr() net.Addr  { return c.local }
func (c *memoryConn) RemoteAddr() net.Addr { return c.remote }

func (c *memoryConn) SetDeadline(t time.Time) error {
	c.in.setDeadline(reading, t)
	c.out.setDeadline(writing, t)
	return nil
}

func (c *memoryConn) SetReadDeadline(t time.Time) error {
	c.in.setDeadline(reading, t)
	return nil
}

func (c *memoryConn) SetWriteDeadline(t time.Time) error {
	c.out.setDeadline(writing, t)
	return nil
}

// wrap names the operation and the end, as package net does. io.EOF stays
// bare, because readers compare with it.
func (c *memoryConn) wrap(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &net.OpError{Op: op, Net: "tcp", Source: c.local, Addr: c.remote, Err: err}
}

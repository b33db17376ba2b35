package lbtest

import (
	"context"
	"net"
	"net/netip"
	"syscall"
)

// NewLoopback returns a network of TCP sockets on 127.0.0.1, where alone one
// can listen on it. It is not for bubbles: time would stand still in them
// while a socket waits.
func NewLoopback() Network { return newNetwork(loopback{}) }

// loopback is the wire made of sockets.
type loopback struct{}

func (loopback) listen(addr string) (net.Listener, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	return net.Listen("tcp", addr)
}

// dial refuses what is not on this machine, so that a made-up backend's
// address is a closed port here and not a packet on somebody's network.
func (loopback) dial(ctx context.Context, addr string) (net.Conn, error) {
	if ap, err := netip.ParseAddrPort(addr); err != nil || !ap.Addr().IsLoopback() {
		return nil, dialError(addr, syscall.ECONNREFUSED)
	}
	var d net.Dialer
	return d.DialContext(ctx, "tcp", addr)
}

// abort closes one end without a farewell. The ledger holds the other too, so
// neither depends on the kernel's telling it.
func (loopback) abort(c net.Conn) {
	// An error means that it is closed already.
	_ = c.(*net.TCPConn).SetLinger(0)
	_ = c.Close()
}

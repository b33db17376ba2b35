package lbtest

import (
	"context"
	"fmt"
	"net"
	"syscall"
)

// NewMemory returns a network without sockets. The addresses it gives out are
// in 10.0.0.0/9; any other "ip:port" can be listened on by name.
func NewMemory() Network {
	return newNetwork(&memory{share(switchboard{listeners: make(map[string]*memoryListener)})})
}

// memory is a wire made of pipes.
type memory struct{ state shared[switchboard] }

type switchboard struct {
	listeners map[string]*memoryListener
	servers   uint // addresses given to listeners
	clients   uint // addresses given to dialling ends
}

func (m *memory) listen(addr string) (net.Listener, error) {
	l := &memoryListener{
		wire:     m,
		addr:     addr,
		arrivals: make(chan *memoryConn),
		closed:   make(chan struct{}),
	}
	var taken bool
	m.state.update(func(s *switchboard) {
		if addr == "" {
			s.servers++
			l.addr = fmt.Sprintf("10.%d.%d.%d:8000", s.servers>>16&127, s.servers>>8&255, s.servers&255)
		}
		if _, taken = s.listeners[l.addr]; !taken {
			s.listeners[l.addr] = l
		}
	})
	if taken {
		return nil, &net.OpError{Op: "listen", Net: "tcp", Addr: address(addr), Err: syscall.EADDRINUSE}
	}
	return l, nil
}

// dial waits until the listener accepts: there is no backlog, so that nothing
// is left in one when the listener closes.
func (m *memory) dial(ctx context.Context, addr string) (net.Conn, error) {
	var l *memoryListener
	var from address
	m.state.update(func(s *switchboard) {
		l = s.listeners[addr]
		s.clients++
		from = address(fmt.Sprintf("10.%d.%d.%d:40000", 128+s.clients>>16&127, s.clients>>8&255, s.clients&255))
	})
	if l == nil {
		return nil, dialError(addr, syscall.ECONNREFUSED)
	}
	near, far := newConnPair(from, address(addr))
	select {
	case l.arrivals <- far:
		return near, nil
	case <-l.closed:
		return nil, dialError(addr, syscall.ECONNREFUSED)
	case <-ctx.Done():
		return nil, dialError(addr, ctx.Err())
	}
}

func (m *memory) abort(c net.Conn) { c.(*memoryConn).abort() }

// A memoryListener accepts what is dialled at its address.
type memoryListener struct {
	wire *memory
	addr string

	arrivals chan *memoryConn // dialling goroutine → accepting goroutine
	closed   chan struct{}
}

func (l *memoryListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.arrivals:
		return c, nil
	case <-l.closed:
		return nil, &net.OpError{Op: "accept", Net: "tcp", Addr: l.Addr(), Err: net.ErrClosed}
	}
}

// Close frees the address. Connections that were accepted stay open.
func (l *memoryListener) Close() error {
	l.wire.state.update(func(s *switchboard) {
		if s.listeners[l.addr] == l {
			delete(s.listeners, l.addr)
			close(l.closed)
		}
	})
	return nil
}

func (l *memoryListener) Addr() net.Addr { return address(l.addr) }

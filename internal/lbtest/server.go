package lbtest

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"
)

// A server is what a balancer and a backend have in common: a gRPC server that
// can be stopped and started again at the address it was first given.
type server struct {
	t        testing.TB
	network  Network
	options  []grpc.ServerOption
	register func(*grpc.Server)

	addr string // fixed by the first start
	// What runs now, nil while stopped. It is out of the channel while it
	// changes, so that who stops and who starts take turns.
	running chan *run

	children sync.WaitGroup // started by handlers, and ending with their calls

	conns atomic.Int64 // accepted so far
	open  atomic.Int64 // of which not closed yet
}

// A run is what there is of a server between a start and a stop.
type run struct {
	listener net.Listener
	grpc     *grpc.Server
	ended    chan error // from Serve, once
}

// begin starts the server for the first time, at a fresh address.
func (s *server) begin() {
	s.t.Helper()
	s.running = make(chan *run, 1)
	r := s.start()
	s.addr = r.listener.Addr().String()
	s.running <- r
}

// stop breaks all connections and returns when every handler has. To stop
// again does nothing.
func (s *server) stop() {
	s.end(<-s.running)
	s.running <- nil
}

// restart stops, unless that was done, and starts at the same address.
func (s *server) restart() {
	s.t.Helper()
	s.end(<-s.running)
	s.running <- s.start()
}

func (s *server) start() *run {
	s.t.Helper()
	l, err := s.network.Listen(s.addr)
	if err != nil {
		s.running <- nil // for the stop in t.Cleanup
		s.t.Fatalf("listening: %v", err)
	}
	// Handlers are joined, so that a test's goroutines end with it.
	options := append([]grpc.ServerOption{grpc.WaitForHandlers(true)}, s.options...)
	r := &run{l, grpc.NewServer(options...), make(chan error, 1)}
	s.register(r.grpc)
	go func() { r.ended <- r.grpc.Serve(&countedListener{l, s}) }()
	return r
}

func (s *server) end(r *run) {
	if r == nil {
		return
	}
	// In this order nobody gets in any more, and gRPC's Stop has no handshake
	// to wait for.
	_ = r.listener.Close()
	s.network.Cut(s.addr)
	r.grpc.Stop()
	s.children.Wait()
	err := <-r.ended
	if err != nil && !errors.Is(err, net.ErrClosed) && !errors.Is(err, grpc.ErrServerStopped) {
		s.t.Errorf("serving %s: %v", s.addr, err)
	}
}

// A countedListener counts a server's connections.
type countedListener struct {
	net.Listener
	server *server
}

func (l *countedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.server.conns.Add(1)
	l.server.open.Add(1)
	return &countedConn{Conn: c, open: &l.server.open}, nil
}

type countedConn struct {
	net.Conn
	open   *atomic.Int64
	closed atomic.Bool
}

func (c *countedConn) Close() error {
	if c.closed.CompareAndSwap(false, true) {
		c.open.Add(-1)
	}
	return c.Conn.Close()
}

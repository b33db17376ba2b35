package main

import (
	"net"

	"google.golang.org/grpc"
)

// A slow listener is that of a server that is starting: the system accepts connections, but
// nothing is sent on them until it is open.
type slow struct {
	net.Listener
	knocked chan struct{} // Accept → replace, capacity 1: there is a connection
	opened  chan struct{} // closed by open
	isOpen  bool          // owned by whoever calls open
}

func newSlow(l net.Listener) *slow {
	return &slow{Listener: l, knocked: make(chan struct{}, 1), opened: make(chan struct{})}
}

// Accept waits for a connection, and for the listener to be open.
func (s *slow) Accept() (net.Conn, error) {
	conn, err := s.Listener.Accept()
	if err != nil {
		return nil, err
	}
	select {
	case s.knocked <- struct{}{}:
	default: // one is enough
	}
	<-s.opened
	return conn, nil
}

// open lets the server start. It may be called again.
func (s *slow) open() {
	if !s.isOpen {
		s.isOpen = true
		close(s.opened)
	}
}

// A server is a gRPC server at work.
type server struct {
	grpc   *grpc.Server
	served chan error // its Serve → stop, capacity 1
}

func serve(g *grpc.Server, l net.Listener) *server {
	s := &server{grpc: g, served: make(chan error, 1)}
	go func() { s.served <- g.Serve(l) }()
	return s
}

// stop closes every connection. The error of Serve does not matter then.
func (s *server) stop() {
	s.grpc.Stop()
	<-s.served
}

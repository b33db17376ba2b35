package main

import (
	"errors"
	"fmt"
	"net"
	"time"

	"google.golang.org/grpc"
)

// A server is a port of this machine with a gRPC server on it. It can be stopped and started
// again on the same port.
type server struct {
	addr   string       // "ip:port"; the port is 0 until it is started
	grpc   *grpc.Server // nil while stopped
	served chan error   // its Serve → server, capacity 1
}

func newServer() *server { return &server{addr: "127.0.0.1:0"} }

// start has g serve the port. The first start chooses the port.
func (s *server) start(g *grpc.Server) error {
	l, err := net.Listen("tcp", s.addr)
	if err != nil {
		return err
	}
	s.addr, s.grpc, s.served = l.Addr().String(), g, make(chan error, 1)
	go func(served chan<- error) { served <- g.Serve(l) }(s.served)
	return nil
}

// stopGracefully lets calls finish and refuses new ones. If they take longer than a takeover may,
// they are cancelled, and that is an error. On a server that is stopped it does nothing.
func (s *server) stopGracefully() error {
	if s.grpc == nil {
		return nil
	}
	limit := time.AfterFunc(takeoverLimit, s.grpc.Stop)
	s.grpc.GracefulStop()
	if !limit.Stop() {
		return errors.Join(fmt.Errorf("its calls had not finished after %v", takeoverLimit), s.ended())
	}
	return s.ended()
}

// kill cuts every connection.
func (s *server) kill() error {
	if s.grpc == nil {
		return nil
	}
	s.grpc.Stop()
	return s.ended()
}

func (s *server) ended() error {
	s.grpc = nil
	return <-s.served
}

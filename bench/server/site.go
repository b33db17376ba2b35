package main

import (
	"net"

	"google.golang.org/grpc"

	"github.com/actorlb/grpclb/lbserver"
)

// A site is a contender that serves.
type site struct {
	publisher
	addr   string
	server *grpc.Server
	served chan error
	began  chan struct{} // one for each call
}

// serve starts a contender at addr with its first list, unless that is nil.
func serve(c contender, addr string, clients, version int, first []endpoint) (*site, error) {
	s := &site{served: make(chan error, 1), began: make(chan struct{}, clients)}
	s.server = grpc.NewServer(lbserver.KeepaliveEnforcement(), grpc.StreamInterceptor(s.note))
	s.publisher = c.start(s.server)
	if first != nil {
		if err := s.set(version, first); err != nil {
			return nil, err
		}
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	s.addr = l.Addr().String()
	go func() { s.served <- s.server.Serve(l) }()
	return s, nil
}

func (s *site) note(srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, h grpc.StreamHandler) error {
	s.began <- struct{}{}
	return h(srv, stream)
}

// full returns when so many calls have begun.
func (s *site) full(clients int) {
	for range clients {
		<-s.began
	}
}

// stop cuts all connections, as the end of the process would.
func (s *site) stop() error {
	s.server.Stop()
	s.close()
	return <-s.served
}

package main

import (
	"errors"
	"net"

	"google.golang.org/grpc"

	"github.com/actorlb/grpclb/chaos/proxy"
)

// A site is a place for a server: a proxy, whose address the channel knows, and
// behind it a gRPC server that may stop and be followed by another, on a port of
// its own. So the address stays ours while nobody serves it, and no other
// process can take it. The player's goroutine uses it.
type site struct {
	name   string // "backend 3"
	proxy  *proxy.Proxy
	behind string       // where the server listens, or did last
	grpc   *grpc.Server // nil while stopped
	served chan error   // Serve → stop, capacity 1
}

func newSite(name string) (*site, error) {
	p, err := proxy.Start()
	if err != nil {
		return nil, err
	}
	return &site{name: name, proxy: p}, nil
}

func (s *site) addr() string { return s.proxy.Addr() }

// start has g serve the site, which is stopped.
func (s *site) start(g *grpc.Server) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.grpc, s.served = g, make(chan error, 1)
	go func(served chan<- error) { served <- g.Serve(l) }(s.served)
	s.behind = l.Addr().String()
	s.proxy.Forward(s.behind)
	s.proxy.Set(proxy.Weather{})
	return nil
}

// stop cuts every connection, so that clients get no goodbye, and then stops the
// server. They are refused from the first moment on.
// It does nothing to a site that is stopped.
func (s *site) stop() error {
	if s.grpc == nil {
		return nil
	}
	s.proxy.Set(proxy.Weather{Refuse: true})
	s.grpc.Stop()
	s.grpc = nil
	// A server that is stopped before its Serve got a turn says so.
	if err := <-s.served; !errors.Is(err, grpc.ErrServerStopped) {
		return err
	}
	return nil
}

// close stops the site for good.
func (s *site) close() error {
	err := s.stop()
	s.proxy.Close()
	return err
}

// move gives the site, which is not stopped, another address. Connections to the
// old one are cut.
func (s *site) move() error {
	p, err := proxy.Start()
	if err != nil {
		return err
	}
	p.Forward(s.behind)
	s.proxy.Close()
	s.proxy = p
	return nil
}

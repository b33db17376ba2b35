package dnstest

import (
	"context"
	"errors"
	"fmt"
	"net"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/actorlb/grpclb/actor"
)

// A Server answers on a port of this machine. Its methods may be called from
// any goroutine. What Set, Fail, Silence and Remove say holds for every
// question that is asked after they have returned.
type Server struct {
	addr   string
	actors *actor.Group
	inbox  *actor.Inbox[message] // the user and the sockets' loops → the zone's
	ended  chan struct{}         // closed when the zone's loop has ended
}

// Start starts a server that knows no name, on a port that is free.
func Start() (*Server, error) {
	udp, tcp, err := listen()
	if err != nil {
		return nil, err
	}
	s := &Server{
		addr:   tcp.Addr().String(),
		actors: actor.NewGroup(),
		inbox:  actor.NewInbox[message](),
		ended:  make(chan struct{}),
	}
	s.actors.Go(func(ctx context.Context) { loop(ctx, s.inbox, s.ended) })
	s.actors.Go(func(ctx context.Context) { s.servePackets(ctx, udp) })
	s.actors.Go(func(ctx context.Context) { s.serveStreams(ctx, tcp) })
	return s, nil
}

// listen finds a port that is free for UDP and TCP alike. The system gives out
// one that is free for TCP; another program may have it for UDP.
func listen() (net.PacketConn, net.Listener, error) {
	var failed error
	for range 10 {
		tcp, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, nil, err
		}
		udp, err := net.ListenPacket("udp", tcp.Addr().String())
		if err == nil {
			return udp, tcp, nil
		}
		failed = errors.Join(failed, err, tcp.Close())
	}
	return nil, nil, fmt.Errorf("dnstest: no port is free for both UDP and TCP: %w", failed)
}

// Addr returns where the server listens, an "ip:port".
func (s *Server) Addr() string { return s.addr }

// Close ends the server. Questions that it has not answered stay unanswered.
// It returns when no goroutine of the server is left; a second call does nothing.
func (s *Server) Close() { s.actors.Stop() }

// Set makes these all the records that the name has. Without any the name
// exists and has none.
func (s *Server) Set(name string, records ...Record) {
	s.learn(name, entry{code: dnsmessage.RCodeSuccess, records: records})
}

// Fail has every question about the name answered with this code.
func (s *Server) Fail(name string, code dnsmessage.RCode) { s.learn(name, entry{code: code}) }

// FailType has questions about the name's records of one type answered with this
// code, until the name is spoken of again as a whole.
func (s *Server) FailType(name string, kind dnsmessage.Type, code dnsmessage.RCode) {
	s.inbox.Send(learned{question{canonical(name), kind}, entry{code: code}})
}

// Silence has questions about the name not answered.
func (s *Server) Silence(name string) { s.learn(name, entry{silent: true}) }

// Remove forgets the name: it does not exist.
func (s *Server) Remove(name string) { s.Fail(name, dnsmessage.RCodeNameError) }

func (s *Server) learn(name string, e entry) {
	s.inbox.Send(learned{question{name: canonical(name)}, e})
}

// Asked returns how often clients have asked for records of this type. It is
// zero after Close.
func (s *Server) Asked(name string, kind dnsmessage.Type) int {
	reply := make(chan int, 1)
	s.inbox.Send(counted{question{canonical(name), kind}, reply})
	select {
	case n := <-reply:
		return n
	case <-s.ended:
		return 0
	}
}

// Await returns a channel that is closed when clients have asked n times for
// records of this type, those before the call included. After Close it never is.
func (s *Server) Await(name string, kind dnsmessage.Type, n int) <-chan struct{} {
	reply := make(chan struct{})
	s.inbox.Send(awaited{question{canonical(name), kind}, n, reply})
	return reply
}

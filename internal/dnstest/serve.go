package dnstest

import (
	"context"
	"encoding/binary"
	"io"
	"net"

	"golang.org/x/net/dns/dnsmessage"
)

const (
	// maxPacket is how long an answer by UDP can be, in bytes (RFC 1035,
	// section 2.3.4). What a client says about longer ones (EDNS) is ignored.
	maxPacket = 512
	// maxStream is how long a message by TCP can be: its length is 16 bits.
	maxStream = 1<<16 - 1
)

// servePackets answers by UDP until ctx is done.
func (s *Server) servePackets(ctx context.Context, conn net.PacketConn) {
	defer closing(ctx, conn)()
	buffer := make([]byte, maxStream)
	for {
		n, from, err := conn.ReadFrom(buffer)
		if err != nil {
			return
		}
		if reply := s.answer(buffer[:n], maxPacket); reply != nil {
			// A client that is gone misses nothing.
			_, _ = conn.WriteTo(reply, from)
		}
	}
}

// serveStreams answers by TCP until ctx is done.
func (s *Server) serveStreams(ctx context.Context, l net.Listener) {
	defer closing(ctx, l)()
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		s.actors.Go(func(ctx context.Context) { s.serveStream(ctx, conn) })
	}
}

// serveStream answers one client, each message with its length before it.
func (s *Server) serveStream(ctx context.Context, conn net.Conn) {
	defer closing(ctx, conn)()
	for {
		var length uint16
		if binary.Read(conn, binary.BigEndian, &length) != nil {
			return
		}
		query := make([]byte, length)
		if _, err := io.ReadFull(conn, query); err != nil {
			return
		}
		reply := s.answer(query, maxStream)
		if reply == nil {
			continue
		}
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...)); err != nil {
			return
		}
	}
}

// closing closes c when ctx is done, which ends a Read, or when the function
// that it returns is called.
func closing(ctx context.Context, c io.Closer) func() {
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	return func() {
		if stop() {
			_ = c.Close()
		}
	}
}

// answer returns the reply to a query; nil means to say nothing, as to what is
// no query at all.
func (s *Server) answer(query []byte, limit int) []byte {
	var p dnsmessage.Parser
	header, err := p.Start(query)
	if err != nil || header.Response {
		return nil
	}
	q, err := p.Question()
	if err != nil {
		return nil
	}
	reply := make(chan entry, 1)
	s.inbox.Send(asked{question{canonical(q.Name.String()), q.Type}, reply})
	select {
	case e := <-reply:
		if e.silent {
			return nil
		}
		return pack(header.ID, q, e, limit)
	case <-s.ended:
		return nil
	}
}

// pack makes the message. One over the limit goes without records, and says so.
func pack(id uint16, q dnsmessage.Question, e entry, limit int) []byte {
	m := dnsmessage.Message{
		Header: dnsmessage.Header{
			ID: id, Response: true, Authoritative: true, RecursionAvailable: true, RCode: e.code,
		},
		Questions: []dnsmessage.Question{q},
	}
	for _, r := range e.of(q.Type) {
		m.Answers = append(m.Answers, dnsmessage.Resource{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: r.kind, Class: dnsmessage.ClassINET},
			Body:   r.body,
		})
	}
	packed, err := m.Pack()
	if err != nil || len(packed) > limit {
		m.Answers, m.Truncated = nil, true
		packed, err = m.Pack()
	}
	if err != nil {
		return nil
	}
	return packed
}

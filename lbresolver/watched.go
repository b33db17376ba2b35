package lbresolver

import (
	"context"
	"encoding/binary"
	"net"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// over has connections of a look-up tell the watch what goes over them. Where none
// can be made, the question is not lost: it takes one over which nothing can be
// sent.
func (w watch) over(d dial) dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := d(ctx, network, address)
		w.notes.Send(reached{address, serverOf(conn, err, address)})
		s := &stream{Conn: conn, watch: w}
		if err != nil {
			s.Conn = unreachable{err: err}
			return s, nil
		}
		if p, ok := conn.(net.PacketConn); ok {
			return packets{s, p}, nil
		}
		return s, nil
	}
}

// serverOf returns which server was asked.
func serverOf(conn net.Conn, err error, meant string) string {
	if failed, ok := err.(*net.OpError); ok && failed.Addr != nil {
		return failed.Addr.String()
	}
	if err != nil || conn.RemoteAddr() == nil {
		return meant
	}
	return conn.RemoteAddr().String()
}

// An unreachable takes the place of a connection that could not be made.
type unreachable struct {
	net.Conn // nil: what Go's resolver uses is below
	err      error
}

func (u unreachable) Write([]byte) (int, error)   { return 0, u.err }
func (u unreachable) SetDeadline(time.Time) error { return nil }
func (u unreachable) Close() error                { return nil }

// A stream is a connection on which each message has its length before it, two
// bytes (RFC 1035, section 4.2.2). It belongs to the goroutine that uses it.
type stream struct {
	net.Conn
	watch watch
	read  []byte // of the answer, as far as it has come
}

// Write sends a question. Go's resolver writes each at once.
func (s *stream) Write(b []byte) (int, error) {
	s.watch.asks(b[min(2, len(b)):])
	return s.Conn.Write(b)
}

func (s *stream) Read(b []byte) (int, error) {
	n, err := s.Conn.Read(b)
	s.read = append(s.read, b[:n]...)
	if len(s.read) >= 2 {
		if size := int(binary.BigEndian.Uint16(s.read)); len(s.read) >= 2+size {
			s.watch.hears(s.read[2:2+size], false)
			s.read = s.read[2+size:]
		}
	}
	return n, err
}

// packets is a connection on which each message is a packet. Go's resolver sees by
// the methods of net.PacketConn that it is one, and uses those of net.Conn.
type packets struct {
	*stream
	conn net.PacketConn
}

func (p packets) ReadFrom(b []byte) (int, net.Addr, error)   { return p.conn.ReadFrom(b) }
func (p packets) WriteTo(b []byte, to net.Addr) (int, error) { return p.conn.WriteTo(b, to) }

func (p packets) Write(b []byte) (int, error) {
	p.watch.asks(b)
	return p.Conn.Write(b)
}

func (p packets) Read(b []byte) (int, error) {
	n, err := p.Conn.Read(b)
	p.watch.hears(b[:n], true)
	return n, err
}

// asks notes a question.
func (w watch) asks(message []byte) {
	var p dnsmessage.Parser
	if _, err := p.Start(message); err != nil {
		return
	}
	if q, err := p.Question(); err == nil {
		w.notes.Send(sent{queryOf(q)})
	}
}

// hears notes an answer. One that was cut short is none: it is asked again over a
// stream.
func (w watch) hears(message []byte, packet bool) {
	var p dnsmessage.Parser
	header, err := p.Start(message)
	if err != nil || !header.Response {
		return
	}
	q, err := p.Question()
	if err != nil || p.SkipAllQuestions() != nil {
		return
	}
	_, err = p.AnswerHeader()
	known := header.RCode == dnsmessage.RCodeNameError || header.RCode == dnsmessage.RCodeSuccess
	// A server that is no authority, asks nobody and has nothing refers to others.
	lame := header.RCode == dnsmessage.RCodeSuccess && err == dnsmessage.ErrSectionDone &&
		!header.Authoritative && !header.RecursionAvailable
	w.notes.Send(answered{queryOf(q), header.RCode, known && !lame && !(packet && header.Truncated)})
}

func queryOf(q dnsmessage.Question) query { return query{strings.ToLower(q.Name.String()), q.Type} }

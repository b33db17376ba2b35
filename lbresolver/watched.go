package lbresolver

import (
	"context"
	"encoding/binary"
	"net"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// over returns a dial whose connections tell the watch what they carry. If no connection can be made,
// it returns one that can't send, so that the question is noted.
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

// An unreachable stands for a connection that could not be made.
type unreachable struct {
	net.Conn // nil: the methods that Go's resolver calls are below
	err      error
}

func (u unreachable) Write([]byte) (int, error)   { return 0, u.err }
func (u unreachable) SetDeadline(time.Time) error { return nil }
func (u unreachable) Close() error                { return nil }

// A stream is a connection on which two bytes with the length precede each message (RFC 1035,
// section 4.2.2). One goroutine uses it.
type stream struct {
	net.Conn
	watch watch
	read  []byte // the part of the answer that has come
}

// Write sends a question. Go's resolver sends each in one Write.
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

// packets is a connection on which each message is a packet. Go's resolver recognises it by the methods
// of net.PacketConn, but calls those of net.Conn.
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

// hears notes an answer. A truncated one does not count: the resolver asks again over a stream.
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
	// A referral: a server that is not an authority, does not recurse, and has no records.
	lame := header.RCode == dnsmessage.RCodeSuccess && err == dnsmessage.ErrSectionDone &&
		!header.Authoritative && !header.RecursionAvailable
	w.notes.Send(answered{queryOf(q), header.RCode, known && !lame && !(packet && header.Truncated)})
}

func queryOf(q dnsmessage.Question) query { return query{strings.ToLower(q.Name.String()), q.Type} }

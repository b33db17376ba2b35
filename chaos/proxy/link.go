package proxy

import (
	"context"
	"io"
	"net"
	"time"
)

// chunk is how much a pump takes at a time, in bytes.
const chunk = 16 << 10

// A link is a client's connection and the one to the server that belongs to it.
type link struct {
	client *net.TCPConn
	server *net.TCPConn  // set before the pumps start; nil if there is none
	dead   chan struct{} // closed by the owner, after which the pumps end

	// Owned by the owner.
	lost  bool // it is or was in a hole
	ended int  // directions that have
}

// dial connects a link to its server.
func (p *Proxy) dial(ctx context.Context, l *link, target string) {
	var d net.Dialer
	var server *net.TCPConn
	if c, err := d.DialContext(ctx, "tcp", target); err == nil {
		server = c.(*net.TCPConn)
	}
	if !p.inbox.Send(joined{l, server}) && server != nil {
		abort(server)
	}
}

// startPump is for the owner, whose loop is running, so that the group may grow.
func (p *Proxy) startPump(l *link, fromClient bool) {
	from, to := l.client, l.server
	if !fromClient {
		from, to = l.server, l.client
	}
	p.group.Go(func(context.Context) {
		broken := p.pump(l, from, to)
		p.inbox.Send(dried{l, fromClient, broken}) // if it is not seen, the link was cut
	})
}

// pump passes on what comes from from, and that it has ended. It reports
// whether that was not in good order. A nil to is for a link without a server.
func (p *Proxy) pump(l *link, from, to *net.TCPConn) (broken bool) {
	timer := time.NewTimer(0)
	<-timer.C
	defer timer.Stop()
	buffer := make([]byte, chunk)
	for {
		n, err := from.Read(buffer)
		if n > 0 && !p.pass(l, timer, to, buffer[:n]) {
			return true
		}
		if err == io.EOF && !p.weather.Load().Hole && to != nil {
			return to.CloseWrite() != nil
		}
		if err != nil {
			return err != io.EOF
		}
	}
}

// pass delivers b as the weather has it, and reports false if it could not.
// A hole that opens while b is held up swallows it.
func (p *Proxy) pass(l *link, timer *time.Timer, to *net.TCPConn, b []byte) bool {
	if wait := p.weather.Load().holdUp(len(b)); wait > 0 {
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-l.dead:
			return false
		}
	}
	if p.weather.Load().Hole || to == nil {
		return true
	}
	_, err := to.Write(b)
	return err == nil
}

// holdUp returns how long to wait before n bytes are passed on.
func (w *Weather) holdUp(n int) time.Duration {
	if w.Hole {
		return 0
	}
	wait := w.Delay
	if w.Rate > 0 {
		wait += time.Duration(n) * time.Second / time.Duration(w.Rate)
	}
	return wait
}

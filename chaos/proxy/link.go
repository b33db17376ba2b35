package proxy

import (
	"context"
	"io"
	"net"
	"sync"
	"time"
)

// chunk is how much is passed on at a time, in bytes.
const chunk = 16 << 10

// A link is a client's connection and the one to the server that belongs to it.
type link struct {
	cancel context.CancelFunc // cuts it
	done   chan struct{}      // closed when it has ended
}

func (l *link) hasEnded() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

func (p *Proxy) startLink(client *net.TCPConn, target string) *link {
	ctx, cancel := context.WithCancel(context.Background())
	l := &link{cancel, make(chan struct{})}
	go func() {
		defer close(l.done)
		defer cancel()
		defer abort(client)
		p.run(ctx, cancel, client, target)
	}()
	return l
}

// run passes bytes until both directions have ended in good order, one has not, or
// ctx is done. A link in a hole has no server and swallows what comes.
func (p *Proxy) run(ctx context.Context, cancel context.CancelFunc, client *net.TCPConn, target string) {
	var server *net.TCPConn
	if !p.weather.Load().Hole {
		// Not by ctx: if that ends when the server has accepted already, the dialer closes
		// the connection in good order, and the server would not see a reset.
		c, err := net.DialTimeout("tcp", target, time.Second)
		if err != nil && !p.weather.Load().Hole {
			return
		}
		if err == nil {
			server = c.(*net.TCPConn)
			defer abort(server)
		}
	}
	var pumps sync.WaitGroup
	pump := func(from, to *net.TCPConn) {
		pumps.Go(func() {
			ended := p.pump(ctx, from, to)
			// In a hole the end of the server is nothing that the client hears of.
			if !ended && (from == client || !p.weather.Load().Hole) {
				cancel()
			}
		})
	}
	pump(client, server)
	if server != nil {
		pump(server, client)
	}
	over := make(chan struct{})
	go func() { pumps.Wait(); close(over) }()
	select {
	case <-over:
		if server != nil && p.weather.Load().Hole {
			<-ctx.Done() // both sides have ended, or so the client may think
		}
	case <-ctx.Done():
	}
	abort(client)
	if server != nil {
		abort(server)
	}
	<-over
}

// pump passes on the bytes of from, and its end. It reports whether
// that was in good order.
func (p *Proxy) pump(ctx context.Context, from, to *net.TCPConn) bool {
	timer := time.NewTimer(0)
	<-timer.C
	defer timer.Stop()
	buffer := make([]byte, chunk)
	for {
		n, err := from.Read(buffer)
		if n > 0 && !p.pass(ctx, timer, to, buffer[:n]) {
			return false
		}
		if err == io.EOF && to != nil && !p.weather.Load().Hole {
			return to.CloseWrite() == nil
		}
		if err != nil {
			return false
		}
	}
}

// pass delivers b as the weather has it, and reports false if it could not. A hole
// that opens while b is held up swallows it.
func (p *Proxy) pass(ctx context.Context, timer *time.Timer, to *net.TCPConn, b []byte) bool {
	w := p.weather.Load()
	wait := w.Delay
	if w.Rate > 0 {
		wait += time.Duration(len(b)) * time.Second / time.Duration(w.Rate)
	}
	if wait > 0 && !w.Hole {
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			return false
		}
	}
	if to == nil || p.weather.Load().Hole {
		return true
	}
	_, err := to.Write(b)
	return err == nil
}

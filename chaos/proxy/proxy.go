// Package proxy stands in front of a TCP server and does to its connections what
// networks do: it cuts them, swallows what they carry, delays it and slows it down.
// A [Proxy] has an address of its own that it keeps while the server behind it
// stops, and comes back somewhere else.
//
// A black hole closes nothing. What is sent to either side is taken and thrown
// away. A connection that is made meanwhile is taken too, but nobody answers on it:
// a gRPC client waits for the server's settings until its connect timeout. If the
// server ends, the client does not hear of it. A connection that was in a hole has
// lost bytes and can't go on, so the end of a hole cuts all connections, as a
// machine does that was away and has forgotten them.
package proxy

import (
	"context"
	"net"
	"sync/atomic"
	"time"

	"github.com/actorlb/grpclb/actor"
)

// Weather is what a proxy does to connections. The zero value is fair: bytes
// pass as they come.
type Weather struct {
	Refuse bool          // every connection is cut, and each new one as it arrives
	Hole   bool          // bytes are swallowed, and nothing is closed
	Delay  time.Duration // each chunk of up to 16 KiB is held up for so long, in each direction
	Rate   int           // bytes a second of each connection in each direction; zero: no limit
}

// A Proxy is the handle of one. One goroutine at a time may use it.
type Proxy struct {
	listener *net.TCPListener
	group    *actor.Group
	asks     chan ask          // handle → owner, which answers
	arrived  chan *net.TCPConn // listening → owner
	weather  atomic.Pointer[Weather]
}

// An ask is what a method of the handle wants. The reply is the number of
// connections, once it is done.
type ask struct {
	forward string   // if not empty
	weather *Weather // if not nil
	cut     bool
	reply   chan<- int
}

// Start listens on a port of 127.0.0.1 that the system chooses. Until
// [Proxy.Forward] says to where, connections are cut.
func Start() (*Proxy, error) {
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, err
	}
	p := &Proxy{listener: l, group: actor.NewGroup(), asks: make(chan ask), arrived: make(chan *net.TCPConn)}
	p.weather.Store(&Weather{})
	p.group.Go(p.own)
	p.group.Go(p.listen)
	return p, nil
}

// Addr returns where clients connect, an "ip:port". It never changes.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Forward has connections that come from now on passed to target, an "ip:port".
func (p *Proxy) Forward(target string) { p.ask(ask{forward: target}) }

// Set changes the weather. Refuse cuts all connections, and so does the end of a hole.
func (p *Proxy) Set(w Weather) { p.ask(ask{weather: &w}) }

// Cut breaks every connection with an RST to both sides. New ones can be made.
func (p *Proxy) Cut() { p.ask(ask{cut: true}) }

// Open returns how many clients are connected.
func (p *Proxy) Open() int { return p.ask(ask{}) }

// Close cuts every connection, stops listening and returns when all goroutines
// of the proxy have ended. The proxy can't be used afterwards, but closed again.
func (p *Proxy) Close() {
	_ = p.listener.Close() // fails the second time
	p.group.Stop()
}

func (p *Proxy) ask(a ask) int {
	reply := make(chan int, 1)
	a.reply = reply
	p.asks <- a
	return <-reply
}

// listen tells the owner who arrives, until the listener is closed. After any other
// error, such as too many open files, it waits before it tries again.
func (p *Proxy) listen(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if c, err := p.listener.AcceptTCP(); err == nil {
			select {
			case p.arrived <- c:
			case <-ctx.Done():
				abort(c)
			}
			continue
		}
		timer.Reset(10 * time.Millisecond)
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
	}
}

// own is the goroutine that owns the links.
func (p *Proxy) own(ctx context.Context) {
	target, links := "", make(map[*link]struct{})
	cut := func() {
		for l := range links {
			l.cancel()
		}
		for l := range links {
			<-l.done
		}
		clear(links)
	}
	for {
		select {
		case <-ctx.Done():
			cut()
			return
		case c := <-p.arrived:
			if w := p.weather.Load(); w.Refuse || target == "" && !w.Hole {
				abort(c)
				continue
			}
			links[p.startLink(c, target)] = struct{}{}
		case a := <-p.asks:
			if a.forward != "" {
				target = a.forward
			}
			if a.weather != nil {
				a.cut = a.weather.Refuse || p.weather.Load().Hole && !a.weather.Hole
			}
			if a.cut {
				cut() // before anything passes again that was in a hole
			}
			if a.weather != nil {
				p.weather.Store(a.weather)
			}
			for l := range links {
				if l.hasEnded() {
					delete(links, l)
				}
			}
			a.reply <- len(links)
		}
	}
}

// abort closes c with an RST. An error means that it is closed already.
func abort(c *net.TCPConn) {
	_ = c.SetLinger(0)
	_ = c.Close()
}

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
	Rate   int           // bytes a second of each connection in each direction; zero or less: no limit
}

// acceptPause is how long nobody is accepted after that has failed.
const acceptPause = 10 * time.Millisecond

// A Proxy is the handle of one. Its methods may be called from any goroutine.
type Proxy struct {
	// Fixed after Start.
	listener *net.TCPListener
	group    *actor.Group
	inbox    *actor.Inbox[message] // handle, listening, dialling, pumps → owner

	// Written by the owner, read by the pumps.
	weather atomic.Pointer[Weather]
}

// Start listens on a port of 127.0.0.1 that the system chooses. Until
// [Proxy.Forward] says to where, connections are cut.
func Start() (*Proxy, error) {
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, err
	}
	p := &Proxy{listener: l, group: actor.NewGroup(), inbox: actor.NewInbox[message]()}
	p.weather.Store(&Weather{})
	p.group.Go(p.own)
	p.group.Go(p.listen)
	return p, nil
}

// Addr returns where clients connect, an "ip:port". It never changes.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Forward has connections that come from now on passed to target, an "ip:port".
// Those that are open stay where they are.
func (p *Proxy) Forward(target string) { p.ask(forward{target}) }

// Set changes the weather. Refuse cuts all connections; the end of a hole cuts
// those that were in it.
func (p *Proxy) Set(w Weather) { p.ask(set{w}) }

// Cut breaks every connection with an RST to both sides. New ones can be made.
func (p *Proxy) Cut() { p.ask(cut{}) }

// Open returns how many clients are connected.
func (p *Proxy) Open() int { return p.ask(count{}) }

// Close cuts every connection, stops listening and returns when all goroutines
// of the proxy have ended. It may be called more than once.
func (p *Proxy) Close() { p.group.Stop() }

// ask returns when the owner has done what r says, or is no more, with the
// number of connections there were then.
func (p *Proxy) ask(r request) int {
	reply := make(chan int, 1)
	if !p.inbox.Send(asked{r, reply}) {
		return 0
	}
	return <-reply
}

// listen tells the owner who arrives, until the owner closes the listener. After
// any other error, such as too many open files, it waits before it tries again.
func (p *Proxy) listen(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		c, err := p.listener.AcceptTCP()
		if err == nil {
			if !p.inbox.Send(arrived{c}) {
				abort(c)
			}
			continue
		}
		timer.Reset(acceptPause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
	}
}

// abort closes c with an RST. An error means that it is closed already.
func abort(c *net.TCPConn) {
	_ = c.SetLinger(0)
	_ = c.Close()
}

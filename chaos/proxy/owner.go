package proxy

import (
	"context"
	"fmt"
	"net"
)

// An owner has the links. It is reachable from the loop only.
type owner struct {
	proxy  *Proxy
	target string // "" means nowhere
	links  map[*link]struct{}
}

// own is the goroutine that owns the weather and the links.
func (p *Proxy) own(ctx context.Context) {
	o := &owner{proxy: p, links: make(map[*link]struct{})}
	for {
		select {
		case batch := <-p.inbox.Ready():
			o.handle(p.inbox.Open(batch))
		case <-ctx.Done():
			_ = p.listener.Close() // which fails only when done twice
			o.handle(p.inbox.Close())
			o.cutAll()
			return
		}
	}
}

func (o *owner) handle(batch []message) {
	for _, m := range batch {
		switch m := m.(type) {
		case asked:
			o.do(m.request)
			m.reply <- len(o.links)
		case arrived:
			o.arrived(m.client)
		case joined:
			o.joined(m.link, m.server)
		case dried:
			o.dried(m)
		default:
			panic(fmt.Sprintf("BUG: the proxy was told a %T", m))
		}
	}
}

func (o *owner) do(r request) {
	switch r := r.(type) {
	case forward:
		o.target = r.target
	case set:
		o.set(r.weather)
	case cut:
		o.cutAll()
	case count:
	default:
		panic(fmt.Sprintf("BUG: the proxy was asked for a %T", r))
	}
}

// set ends a hole by cutting what was in it before anything can pass again.
func (o *owner) set(w Weather) {
	if !w.Hole {
		o.cutLost()
	}
	o.proxy.weather.Store(&w)
	if w.Hole {
		for l := range o.links {
			l.lost = true
		}
	}
	if w.Refuse {
		o.cutAll()
	}
}

// arrived makes a link for a client. In a hole it has no server, and a pump
// that only swallows.
func (o *owner) arrived(client *net.TCPConn) {
	w := o.proxy.weather.Load()
	if w.Refuse || o.target == "" && !w.Hole {
		abort(client)
		return
	}
	l := &link{client: client, dead: make(chan struct{}), lost: w.Hole}
	o.links[l] = struct{}{}
	if w.Hole {
		o.proxy.startPump(l, true)
		return
	}
	target := o.target
	o.proxy.group.Go(func(ctx context.Context) { o.proxy.dial(ctx, l, target) })
}

// joined starts the pumps of a link that has its server. A link in a hole keeps
// its client without one.
func (o *owner) joined(l *link, server *net.TCPConn) {
	_, open := o.links[l]
	switch {
	case !open && server != nil:
		abort(server)
	case !open:
	case server != nil:
		l.server = server
		o.proxy.startPump(l, true)
		o.proxy.startPump(l, false)
	case l.lost:
		o.proxy.startPump(l, true)
	default:
		o.cut(l)
	}
}

// dried ends a link when both directions have ended in good order, or one has
// not. In a hole the server's end is nothing that the client hears of, and the
// client's is the end of all.
func (o *owner) dried(d dried) {
	if _, open := o.links[d.link]; !open {
		return
	}
	d.link.ended++
	if d.link.lost && !d.fromClient {
		return
	}
	if d.link.lost || d.broken || d.link.ended == 2 {
		o.cut(d.link)
	}
}

func (o *owner) cutAll() {
	for l := range o.links {
		o.cut(l)
	}
}

func (o *owner) cutLost() {
	for l := range o.links {
		if l.lost {
			o.cut(l)
		}
	}
}

func (o *owner) cut(l *link) {
	delete(o.links, l)
	close(l.dead)
	abort(l.client)
	if l.server != nil {
		abort(l.server)
	}
}

package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"os"
	"time"
)

// An order is what the process of the clients is told to do.
type order struct {
	Addr     string
	Protocol string
	Clients  int
	Reads    bool
}

// Progress is said whenever the oldest list that any client has is a newer one.
type progress struct {
	Least  int // the number of that list
	Lists  int // that have come so far, to all clients together
	Bytes  int // of messages, the same
	Failed int // calls that ended before their first list
}

// News is what a client has seen.
type news struct {
	client, version, bytes int
	failed                 bool
}

// beCrowd is the process of the clients, each on a connection of its own. It lives
// until its standard input ends.
func beCrowd(o order) error {
	p, err := protocolOf(o.Protocol, o.Reads)
	if err != nil {
		return err
	}
	all := make(chan news, o.Clients)
	for n := range o.Clients {
		conn, err := net.Dial("tcp", o.Addr)
		if err != nil {
			return err
		}
		if _, err := conn.Write(p.hello); err != nil {
			return err
		}
		if o.Reads {
			go live(n, conn, o.Addr, p, all)
		} else {
			defer func() { _ = conn.Close() }()
		}
	}
	go tell(o.Clients, all)
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// live is one client: whenever its call or its connection ends, it has a new one at
// once.
func live(client int, conn net.Conn, addr string, p protocol, all chan<- news) {
	for {
		if served := listen(client, conn, p, all); !served {
			all <- news{client: client, failed: true}
		}
		_ = conn.Close()
		conn = dial(addr, p)
	}
}

// listen reads one call to its end, and reports whether a list came.
func listen(client int, conn net.Conn, p protocol, all chan<- news) bool {
	r := reader{r: bufio.NewReaderSize(conn, 32<<10)}
	for lists := 0; ; {
		version, bytes, err := r.next()
		if err != nil {
			return lists > 0
		}
		if version == 0 {
			continue
		}
		lists++
		all <- news{client: client, version: version, bytes: bytes}
		if p.ack != nil {
			_, _ = conn.Write(p.ack(version, lists)) // the next read fails if this does
		}
	}
}

// dial tries until there is a connection: while the server is away nobody listens.
func dial(addr string, p protocol) net.Conn {
	for {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			if _, err = conn.Write(p.hello); err == nil {
				return conn
			}
			_ = conn.Close()
		}
		<-time.NewTimer(5 * time.Millisecond).C
	}
}

// tell says how far all clients are.
func tell(clients int, all <-chan news) {
	latest, have := make([]int, clients), map[int]int{0: clients}
	var p progress
	out := json.NewEncoder(os.Stdout)
	for n := range all {
		if n.failed {
			p.Failed++
			continue
		}
		p.Lists++
		p.Bytes += n.bytes
		have[latest[n.client]]--
		have[n.version]++
		latest[n.client] = n.version
		if have[p.Least] > 0 {
			continue
		}
		for have[p.Least] == 0 {
			delete(have, p.Least)
			p.Least++
		}
		if out.Encode(p) != nil {
			return // nobody wants to know any more
		}
	}
}

package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"time"

	"golang.org/x/net/http2"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// Clients are many clients of a balancer, each with a connection of its own. They run on the
// balancer's machine, so they speak HTTP/2 by hand, which costs a quarter of what gRPC's clients
// cost.
type clients struct {
	conns []net.Conn
	lists chan list
	ended chan error
	over  chan struct{}
}

// A list is how many entries a client was told, and when.
type list struct {
	entries int
	at      time.Time
}

// join connects n clients of the service s. Each sends a load report as often as it is
// asked to.
func join(address string, n int) (*clients, error) {
	c := &clients{lists: make(chan list, 10*n+1), ended: make(chan error, n), over: make(chan struct{})}
	hello := lbtest.RawCalls("s", "", 1, true)
	for range n {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return c, err
		}
		c.conns = append(c.conns, conn)
		go func() { c.ended <- c.read(conn) }()
		if _, err := conn.Write(hello); err != nil {
			return c, err
		}
	}
	return c, nil
}

// read reads what the balancer sends until the stream ends.
func (c *clients) read(conn net.Conn) error {
	frames := http2.NewFramer(conn, bufio.NewReader(conn))
	frames.SetReuseFrames()
	var data []byte // of the message that has begun
	for {
		frame, err := frames.ReadFrame()
		if err != nil {
			return err
		}
		switch frame := frame.(type) {
		case *http2.DataFrame:
			data, err = c.take(conn, append(data, frame.Data()...), time.Now())
		case *http2.PingFrame:
			if !frame.IsAck() {
				err = frames.WritePing(true, frame.Data)
			}
		case *http2.HeadersFrame:
			if frame.StreamEnded() {
				err = errors.New("the balancer has ended it")
			}
		case *http2.GoAwayFrame, *http2.RSTStreamFrame:
			err = fmt.Errorf("the balancer has sent %v", frame)
		}
		if err != nil {
			return err
		}
	}
}

// take takes the messages that are complete, and returns the bytes of the next one.
func (c *clients) take(conn net.Conn, data []byte, at time.Time) (rest []byte, err error) {
	for len(data) >= 5 {
		end := 5 + int(binary.BigEndian.Uint32(data[1:]))
		if len(data) < end {
			break
		}
		if n, isList := entries(data[5:end]); isList {
			c.lists <- list{n, at}
		} else if err := c.begin(conn, data[5:end]); err != nil {
			return nil, err
		}
		data = data[end:]
	}
	return data, nil
}

// entries returns how many entries the list in a message has.
func entries(message []byte) (n int, isList bool) {
	const serverList = 2
	field, _, used := protowire.ConsumeTag(message)
	if field != serverList {
		return 0, false
	}
	all, _ := protowire.ConsumeBytes(message[used:])
	for len(all) > 0 {
		_, _, used := protowire.ConsumeField(all)
		if used < 0 {
			return 0, false
		}
		all = all[used:]
		n++
	}
	return n, true
}

// begin does what the first message asks for.
func (c *clients) begin(conn net.Conn, message []byte) error {
	m := &lbpb.LoadBalanceResponse{}
	if err := proto.Unmarshal(message, m); err != nil {
		return err
	}
	if every := m.GetInitialResponse().GetClientStatsReportInterval().AsDuration(); every > 0 {
		go c.report(conn, every)
	}
	return nil
}

// report sends load reports until the clients are closed.
func (c *clients) report(conn net.Conn, every time.Duration) {
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	said := lbtest.RawMessages(1, &lbpb.LoadBalanceRequest{LoadBalanceRequestType: &lbpb.LoadBalanceRequest_ClientStats{
		ClientStats: &lbpb.ClientStats{NumCallsStarted: 100, NumCallsFinished: 100},
	}})
	for {
		select {
		case <-ticks.C:
			_, _ = conn.Write(said) // the reader notices an error
		case <-c.over:
			return
		}
	}
}

// until waits until each client has a list of so many entries, and returns when the last one
// got it.
func (c *clients) until(entries int) (last time.Time, err error) {
	timeout := time.NewTimer(time.Minute)
	defer timeout.Stop()
	for got := 0; got < len(c.conns); {
		select {
		case l := <-c.lists:
			if l.entries != entries {
				continue
			}
			got++
			if l.at.After(last) {
				last = l.at
			}
		case err := <-c.ended:
			return last, fmt.Errorf("a client's stream ended: %w", err)
		case <-timeout.C:
			return last, fmt.Errorf("after a minute %d of %d clients have the list", got, len(c.conns))
		}
	}
	return last, nil
}

func (c *clients) close() {
	close(c.over)
	for _, conn := range c.conns {
		_ = conn.Close()
	}
}

package proxy

import (
	"bytes"
	"io"
	"net"
	"os"
	"runtime"
	"testing"
	"time"
)

var errTimeout = os.ErrDeadlineExceeded

func TestFair_PassesBothWays(t *testing.T) {
	r := newRig(t)
	client, server := r.pair()
	r.write(client, "to the server")
	r.wantRead(server, "to the server")
	r.write(server, "and back")
	r.wantRead(client, "and back")
}

// More than fits into any buffer on the way, in both directions at a time.
func TestFair_PassesMuch(t *testing.T) {
	r := newRig(t)
	client, server := r.pair()
	sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<18) // 4 MiB
	for _, c := range []*net.TCPConn{client, server} {
		go func() { _, _ = c.Write(sent) }() // what is missing shows at the other end
	}
	for _, c := range []*net.TCPConn{client, server} {
		got := make([]byte, len(sent))
		if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, sent) {
			t.Fatalf("what was read differs from what was sent (%v)", err)
		}
	}
}

// The end of one direction passes, and the other goes on; after both, the link
// is gone.
func TestFair_PassesTheEnd(t *testing.T) {
	for _, name := range []string{"client first", "server first"} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			first, second := r.pair()
			if name == "server first" {
				first, second = second, first
			}
			r.write(first, "last words")
			if err := first.CloseWrite(); err != nil {
				t.Fatal(err)
			}
			r.wantRead(second, "last words")
			if _, err := second.Read(make([]byte, 1)); err != io.EOF {
				t.Fatalf("after the last words comes %v, want the end", err)
			}
			r.write(second, "still here")
			r.wantRead(first, "still here")
			_ = second.Close()
			r.wantOpen(0)
		})
	}
}

func TestFair_PassesAReset(t *testing.T) {
	r := newRig(t)
	client, server := r.pair()
	abort(server)
	r.wantCut(client)
	r.wantOpen(0)
}

func TestForward_LaterConnectionsOnly(t *testing.T) {
	r := newRig(t)
	client, server := r.pair()
	r.serve()
	laterClient, laterServer := r.pair()
	if laterServer.LocalAddr().String() != r.listener.Addr().String() {
		t.Error("a later connection went to the old server")
	}
	r.write(laterClient, "new")
	r.wantRead(laterServer, "new")
	r.write(client, "old")
	r.wantRead(server, "old")
}

// Where nobody listens, clients are cut off.
func TestForward_Nowhere(t *testing.T) {
	r := newRig(t)
	_ = r.listener.Close()
	r.wantRefused()
	r.wantOpen(0)
	p, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	r.proxy.Close()
	t.Cleanup(p.Close)
	r.proxy = p // which was not told where to go
	r.wantRefused()
}

func TestCut_ResetsBothEnds(t *testing.T) {
	r := newRig(t)
	client, server := r.pair()
	r.proxy.Cut()
	if n := r.proxy.Open(); n != 0 {
		t.Errorf("%d connections are open", n)
	}
	r.wantCut(client)
	r.wantCut(server)
	client, server = r.pair()
	r.write(client, "again")
	r.wantRead(server, "again")
}

func TestRefuse_CutsThoseThatAreAndThoseThatCome(t *testing.T) {
	r := newRig(t)
	client, server := r.pair()
	r.proxy.Set(Weather{Refuse: true})
	r.wantCut(client)
	r.wantCut(server)
	r.wantRefused()
	select {
	case <-r.accepted:
		t.Error("a connection came to the server")
	default:
	}
	r.proxy.Set(Weather{})
	r.pair()
}

// Nobody is waiting for the other end of a wait: closing takes no time, and
// leaves nothing (goleak looks).
func TestClose_WhateverGoesOn(t *testing.T) {
	for name, w := range map[string]Weather{
		"fair": {}, "hole": {Hole: true}, "delay": {Delay: time.Hour}, "rate": {Rate: 1},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			client, server := r.pair()
			r.proxy.Set(w)
			r.write(client, "some")
			r.write(server, "thing")
			r.dial()
			r.proxy.Close()
			r.wantCut(client)
			r.wantCut(server)
			r.proxy.Close()
			r.proxy.Set(Weather{Hole: true}) // does nothing, and does not wait
			if n := r.proxy.Open(); n != 0 {
				t.Errorf("%d connections are open", n)
			}
			if _, err := net.Dial("tcp", r.proxy.Addr()); err == nil {
				t.Error("it still listens")
			}
		})
	}
}

func TestProxy_KeepsNothingOfConnections(t *testing.T) {
	r := newRig(t)
	r.wantOpen(0)
	before := runtime.NumGoroutine()
	for range 200 {
		client, server := r.pair()
		_ = client.Close()
		_ = server.Close()
	}
	r.wantOpen(0)
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(patience); runtime.NumGoroutine() > before; <-ticker.C {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}

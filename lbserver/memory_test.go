package lbserver

import (
	"fmt"
	"runtime"
	"testing"

	_ "google.golang.org/grpc/encoding/gzip"
)

// What clients that read nothing cost while their list changes a hundred times.
// At most two lists each would be 18 MB; they share the lists, so it is less.
func TestServer_Memory(t *testing.T) {
	const changes = 100
	for _, test := range []struct {
		name       string
		compressor string
		clients    int
		calls      int // on each connection
		servers    int // in the list
	}{
		{"on connections of their own", "", 300, 1, 1000},
		{"on one connection", "", 1000, 1000, 300},
		{"with compression", "gzip", 50, 1, 300},
	} {
		t.Run(test.name, func(t *testing.T) {
			clients := test.clients
			reports := make(chan Report, clients)
			r := onLoopback(t, Options{OnReport: func(rep Report) { reports <- rep }})
			list := numbered(test.servers, 0)
			r.set(t, greeter, list...)
			witness := r.join(t, greeter)
			witness.next()
			before := heap()
			for range clients / test.calls {
				mute(t, r.addr, greeter, test.compressor, test.calls)
			}
			for range clients {
				<-reports // this client is being served
			}
			connected := heap()
			for n := range changes {
				list[0].Token = fmt.Sprint(n + 1)
				r.set(t, greeter, list...)
				if first := witness.next().GetServerList().GetServers()[0]; first.LoadBalanceToken != list[0].Token {
					t.Fatalf("list %d begins with %v", n+1, first)
				}
			}
			after := heap()
			t.Logf("%d clients take %d KB, and %d KB more after %d lists", clients, (connected-before)>>10, (after-connected)>>10, changes)
			if grown := after - before; grown > 40<<20 {
				t.Errorf("the heap has grown by %d MB", grown>>20)
			}
			if each := (after - connected) / int64(clients); each > 64<<10 {
				t.Errorf("each client costs %d bytes for lists that it does not read", each)
			}
		})
	}
}

// numbered is a list of n servers, the tokens of which are a number.
func numbered(n, token int) []Server {
	servers := make([]Server, n)
	for i := range servers {
		servers[i] = Server{Address: fmt.Sprintf("10.0.%d.%d:50051", i>>8, i&255), Token: fmt.Sprintf("%024d", token)}
	}
	return servers
}

// heap is what is reachable, without what pools keep.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

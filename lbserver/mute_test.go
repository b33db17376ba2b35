package lbserver

import (
	"net"
	"testing"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// mute opens a connection with so many calls for the service, each of which
// reports once, and never reads from it. What memory it takes is the balancer's.
func mute(t *testing.T, addr, service, compressor string, calls int) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := conn.Write(lbtest.RawCalls(service, compressor, calls, false)); err != nil {
		t.Fatal(err)
	}
}

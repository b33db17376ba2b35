//go:build foreign

package foreign

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"sync/atomic"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// A place is a loopback network with an address of its own, where connections to
// others do not take the port of a server that is stopped for a while.
type place struct {
	lbtest.Network
	ip string
}

var places atomic.Int64

func newPlace() place {
	ip := "127.0.0.1"
	if runtime.GOOS == "linux" { // where all of 127.0.0.0/8 is there
		pid := os.Getpid()
		ip = fmt.Sprintf("127.%d.%d.%d", 1+pid%250, 1+pid/250%250, 1+places.Add(1)%250)
	}
	return place{lbtest.NewLoopback(), ip}
}

func (p place) Listen(addr string) (net.Listener, error) {
	if addr == "" {
		addr = net.JoinHostPort(p.ip, "0")
	}
	return p.Network.Listen(addr)
}

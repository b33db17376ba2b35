//go:build foreign

package foreign

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

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

// Listen tries again for a while: a server of another process that listens on all addresses
// may have the port.
func (p place) Listen(addr string) (l net.Listener, err error) {
	if addr == "" {
		addr = net.JoinHostPort(p.ip, "0")
	}
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for range 50 {
		if l, err = p.Network.Listen(addr); !errors.Is(err, syscall.EADDRINUSE) {
			return l, err
		}
		<-again.C
	}
	return l, err
}

package lbserver

import (
	"runtime/debug"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// errPanic is how a call ends whose handling panicked. What the panic said is for
// the log of the balancer, not for its clients.
var errPanic = status.Error(codes.Internal, "the balancer failed while it handled this stream")

// guard is shield, and ends the call if f does not finish.
func (c *call) guard(f func()) (finished bool) {
	defer func() {
		// f may have ended the goroutine.
		if !finished {
			c.end(errPanic)
		}
	}()
	return c.shield(f)
}

// shield runs f, in the reader or the writer. There f calls code of others: hooks, and the
// streams of interceptors. If f panics or ends the goroutine, shield logs it and returns false.
// No interceptor can recover panics of these goroutines, and one client's call must not end
// the balancer of all clients.
func (c *call) shield(f func()) (finished bool) {
	defer func() {
		if !finished {
			logger.Errorf("lbserver: handling the stream of %v panicked: %v: %s",
				c.peer.Addr, recover(), debug.Stack())
		}
	}()
	f()
	return true
}

package lbserver

import (
	"runtime/debug"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// errPanic is how a call ends whose handling panicked. What the panic said is for
// the log of the balancer, not for its clients.
var errPanic = status.Error(codes.Internal, "the balancer failed while it handled this call")

// guard runs f in the reader or the writer, where code of others is called:
// OnReport, and the streams of interceptors. No interceptor that recovers is
// around these goroutines, and one client's call must not end the balancer of all
// clients. So if f panics, or ends the goroutine, that ends this call.
func (c *call) guard(f func()) {
	finished := false
	defer func() {
		if finished {
			return
		}
		logger.Errorf("lbserver: handling the call of %v panicked, and the call ends with INTERNAL: %v: %s",
			c.peer.Addr, recover(), debug.Stack())
		c.end(errPanic)
	}()
	f()
	finished = true
}

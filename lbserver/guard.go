package lbserver

import (
	"runtime/debug"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// errPanic is how a call ends whose handling panicked. What the panic said is for
// the log of the balancer, not for its clients.
var errPanic = status.Error(codes.Internal, "the balancer failed while it handled this stream")

// guard is shield for what the call can't go on without: if f does not finish,
// the call ends.
func (c *call) guard(f func()) (finished bool) {
	defer func() {
		// f may have ended the goroutine.
		if !finished {
			c.end(errPanic)
		}
	}()
	return c.shield(f)
}

// shield runs f in the reader or the writer, where code of others is called:
// hooks, and the streams of interceptors. No interceptor that recovers is
// around these goroutines, and one client's call must not end the balancer of all
// clients. It reports whether f finished: if it panicked, or ended the goroutine,
// that is logged.
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

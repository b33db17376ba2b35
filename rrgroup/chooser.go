package rrgroup

import (
	"time"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
)

// A chooser decides which backend each call of a generation goes to. There are two:
// the group's own rotation, and a child policy. The group's goroutine calls it.
type chooser interface {
	// state is the connectivity state of the backends together. See state.aggregate.
	state() connectivity.State

	// trying reports whether a backend is being connected that has been neither READY nor
	// failed since the generation was made.
	trying() bool

	// arrived reports whether the incoming generation should become the current one now.
	// served: the current generation has a READY backend.
	arrived(served bool) bool

	// unusable reports whether the current generation will serve no more calls, so that the
	// incoming one should replace it even if no backend of that is READY.
	unusable() bool

	// resting returns the state that a child has published if it connects only when it
	// gets calls, and has none; otherwise nil.
	resting() *balancer.State

	// alone reports whether this is the group's own rotation. A child waits for the
	// group's answers, and has to be asked again for calls that wait.
	alone() bool

	// failed returns the error of the SubConn that failed to connect last; nil if none has
	// failed. It is always nil for a child, whose picker has the reason.
	failed() error

	// picker builds a picker for the state that d shows.
	picker(d *display) balancer.Picker

	// outdated reports whether the picker has to be replaced although the state is the
	// same, and for how long the old picker may be used.
	outdated(d *display) (bool, time.Duration)

	// picks returns the number of picks that passed to a backend, from the number of
	// turns and the number of picks that took no turn.
	picks(turns, again uint64) int64

	// backends counts the SubConns, and those of them that are READY.
	backends() (all, ready int)

	// uses reports whether it has a use for the SubConn.
	uses(*subConn) bool

	// leave, forget and ended are the steps in which a generation ends. leave: it is
	// neither the current nor the incoming one any more. forget: a newer picker is
	// published, and picks of this generation are refused. ended: its last call has ended.
	// SubConns that may have calls in flight are let go in the last step only.
	leave(c *core)
	forget()
	ended(c *core)
}

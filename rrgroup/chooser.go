package rrgroup

import (
	"time"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
)

// A chooser decides which backend each call of a generation goes to. There are two:
// the group's own rotation, and a child policy. The group's goroutine calls it.
type chooser interface {
	// state is the aggregate of the backends. See state.aggregate.
	state() connectivity.State

	// trying reports whether a backend is being connected that was neither READY nor
	// failed since there was the generation.
	trying() bool

	// arrived reports whether the generation should take over from another one now.
	// served: a backend of that one is READY.
	arrived(served bool) bool

	// spent reports whether there is no reason to stay with the generation until its
	// successor is READY.
	spent() bool

	// resting returns what a child has published that has no connections because it
	// waits for calls, or nil.
	resting() *balancer.State

	// alone reports whether the group has no child here that waits for its answers, and
	// that wants to see the calls which wait.
	alone() bool

	// failed returns why the SubConn that failed to connect last did; nil if none has, and
	// of a child, whose picker says so.
	failed() error

	// picker builds a picker for the state that d shows.
	picker(d *display) balancer.Picker

	// outdated reports whether that picker is out of date, though the state is not, and
	// how long it may stay so.
	outdated(d *display) (bool, time.Duration)

	// picks returns how many picks so many turns of the generation, and picks without
	// one, come to.
	picks(turns, again uint64) int64

	// backends counts the SubConns, and those of them that are READY.
	backends() (all, ready int)

	// uses reports whether it has a use for the SubConn.
	uses(*subConn) bool

	// leave, forget and ended are the steps of the generation's end: its successor has
	// taken over; a picker of that is out; the last call is over. Before the last
	// step, SubConns that may have calls in flight are not let go.
	leave(c *core)
	forget()
	ended(c *core)
}

package main

import (
	"fmt"
	"time"

	"github.com/actorlb/grpclb/chaos/proxy"
)

// A kind is what can be wrong with a server.
type kind int

const (
	stopped   kind = iota // its connections are cut and new ones refused; what it knew is lost
	cut                   // its connections are cut, once
	holed                 // a black hole
	delayed               // bytes take longer
	throttled             // few bytes a second
	replaced              // a balancer gets another address, of which the resolver is told
	reordered             // the resolver names the balancers in another order, and this one not
)

var kindNames = map[kind]string{
	stopped: "stopped", cut: "cut", holed: "in a black hole", delayed: "delayed",
	throttled: "throttled", replaced: "replaced", reordered: "not resolved",
}

// takesAway reports whether calls to the server may fail of it. A slow server
// is no reason to fail.
func (k kind) takesAway() bool { return k == stopped || k == cut || k == holed }

// A target is the server that a fault is for: a number of all servers, see
// [fleet.site], or inContact.
type target int

// inContact is the balancer that the channel is talking to when the fault
// begins.
const inContact target = -1

// A fault is one thing that goes wrong and, unless it is a cut, is put right
// again.
type fault struct {
	at     time.Duration // from the beginning of the phase, or of the round
	kind   kind
	target target
	lasts  time.Duration
	delay  time.Duration // if it is delayed
	rate   int           // if it is throttled, bytes a second
}

func (f fault) String() string {
	what := fmt.Sprintf("%7s %s %s", seconds(f.at), f.target, kindNames[f.kind])
	switch f.kind {
	case delayed:
		what += fmt.Sprintf(" by %v", f.delay)
	case throttled:
		what += fmt.Sprintf(" to %d KiB/s", f.rate>>10)
	}
	if f.lasts > 0 {
		what += " for " + seconds(f.lasts)
	}
	return what
}

func (t target) String() string {
	if t == inContact {
		return "the balancer in contact"
	}
	return nameOf(int(t))
}

// weather is what the proxy in front of the server does meanwhile.
func (f fault) weather() proxy.Weather {
	return proxy.Weather{Hole: f.kind == holed, Delay: f.delay, Rate: f.rate}
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2fs", d.Seconds()) }

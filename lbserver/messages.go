package lbserver

import (
	"time"

	"google.golang.org/grpc/codes"

	"github.com/actorlb/grpclb/actor"
)

// A message is what the loop can be told. Who sends what:
//
//	the user         → answered, expected, unset, removed, described, leaving, reviewing
//	a call's handler → opened, left
//	a call's reader  → asked, reported
//	a call's writer  → handed, asked
//
// What can be queued is bounded: four messages a call, one more for each answer that it
// is handed and for each load report (see Options.MaxMessageRate), two for each review, and what
// the user says.
type message interface{ isMessage() }

// An inbox is the queue of messages to the loop. Its methods report whether the loop will see
// the message; if not, the balancer is closed. They panic if the Balancer was not made by New.
type inbox struct{ *actor.Inbox[message] }

// mustBe panics if the Balancer was not made by New, with a text that says so.
func (in inbox) mustBe() {
	if in.Inbox == nil {
		panic("lbserver: a Balancer must be made by New")
	}
}

func (in inbox) tell(m message) bool {
	in.mustBe()
	return in.Send(m)
}

// opened: a client has opened a call, and the handler waits for a verdict. If this
// is not seen, none will come.
type opened struct{ call *call }

func (in inbox) opened(c *call) bool { return in.tell(opened{c}) }

// asked: the client wants client.Service, as the hooks say after the review of that round. Who
// sends this, reader or writer, goes on to wait for answers. If it is not seen, the loop has ended
// the call as it stopped.
type asked struct {
	call   *call
	client Client
	round  uint64
	again  bool // the user was told already that there is no answer
}

func (in inbox) asked(c *call, client Client, round uint64, again bool) {
	in.tell(asked{c, client, round, again})
}

// reported: the client has sent a load report. If this is not seen, there is no state
// that would show it.
type reported struct {
	call   *call
	report *ReportState
}

func (in inbox) reported(c *call, r *ReportState) { in.tell(reported{c, r}) }

// handed: the connection of the call has the answer of that number, or one equal to
// it. If this is not seen, there is no state that would show it.
type handed struct {
	call   *call
	number uint64
	bytes  int // that were sent for it; 0: the connection had an equal answer already
}

func (in inbox) handed(c *call, number uint64, bytes int) { in.tell(handed{c, number, bytes}) }

// left: the handler is about to return, and the call ends with this status. If this is
// not seen, there is no loop that could remember the call.
type left struct {
	call *call
	code codes.Code
}

func (in inbox) left(c *call, code codes.Code) { in.tell(left{c, code}) }

// answered: clients of the class have this answer from now on.
type answered struct {
	service, class string
	answer         *answer
}

func (in inbox) answered(service, class string, a *answer) bool {
	return in.tell(answered{service, class, a})
}

// expected: the service will have an answer, unless it has one.
type expected struct{ service string }

func (in inbox) expected(service string) bool { return in.tell(expected{service}) }

// unset: the class has no answer of its own any more. If this is not seen, it has
// none anyway.
type unset struct{ service, class string }

func (in inbox) unset(service, class string) { in.tell(unset{service, class}) }

// removed: the service has no answer any more. If this is not seen, it has none
// anyway.
type removed struct{ service string }

func (in inbox) removed(service string) { in.tell(removed{service}) }

// described asks for the state. If this is not seen, there is none.
type described struct{ reply chan<- State } // has room for it

func (in inbox) described(reply chan<- State) bool { return in.tell(described{reply}) }

// leaving: calls are to end one after another over this time. If this is not seen, they
// have ended.
type leaving struct {
	over     time.Duration
	departed chan<- struct{} // closed when all have been told
}

func (in inbox) leaving(over time.Duration, departed chan<- struct{}) bool {
	return in.tell(leaving{over, departed})
}

// reviewing: all calls are to ask again. If this is not seen, there are none.
type reviewing struct{ done chan<- int } // has room; closed if the balancer closes before they have

func (in inbox) reviewing(done chan<- int) bool { return in.tell(reviewing{done}) }

func (opened) isMessage()    {}
func (asked) isMessage()     {}
func (reported) isMessage()  {}
func (handed) isMessage()    {}
func (left) isMessage()      {}
func (answered) isMessage()  {}
func (expected) isMessage()  {}
func (unset) isMessage()     {}
func (removed) isMessage()   {}
func (leaving) isMessage()   {}
func (described) isMessage() {}
func (reviewing) isMessage() {}

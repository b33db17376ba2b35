package lbserver

import "github.com/actorlb/grpclb/actor"

// A message is what the loop can be told. Who sends what:
//
//	the user        → answered, expected, removed
//	a call's handler → opened, left
//	a call's reader  → asked
//
// What can be queued is bounded: three messages a call, and what the user says.
type message interface{ isMessage() }

// An inbox is where the loop is told things. Its methods report whether the
// message will be seen; if not, the balancer is closed.
type inbox struct{ *actor.Inbox[message] }

// opened: a client has opened a call, and the handler waits to be told how it
// ends. If this is not seen, nobody will tell it.
type opened struct{ call *call }

func (in inbox) opened(c *call) bool { return in.Send(opened{c}) }

// asked: the client has named the service it wants. If this is not seen, the
// call was told to end by the loop as it stopped.
type asked struct {
	call    *call
	service string
}

func (in inbox) asked(c *call, service string) { in.Send(asked{c, service}) }

// left: the handler is about to return. If this is not seen, there is no loop
// that could remember the call.
type left struct{ call *call }

func (in inbox) left(c *call) { in.Send(left{c}) }

// answered: the service has this answer from now on.
type answered struct {
	service string
	answer  *answer
}

func (in inbox) answered(service string, a *answer) bool { return in.Send(answered{service, a}) }

// expected: the service will have an answer, unless it has one.
type expected struct{ service string }

func (in inbox) expected(service string) bool { return in.Send(expected{service}) }

// removed: the service has no answer any more. If this is not seen, it has none
// anyway.
type removed struct{ service string }

func (in inbox) removed(service string) { in.Send(removed{service}) }

func (opened) isMessage()   {}
func (asked) isMessage()    {}
func (left) isMessage()     {}
func (answered) isMessage() {}
func (expected) isMessage() {}
func (removed) isMessage()  {}

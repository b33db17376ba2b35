// Package fleet decides what the clients of a service are told. A service is an actor: it
// hears its sources, its backends' health and load, overrides and clients, and tells the
// balancer one answer per class of clients.
package fleet

import (
	"github.com/actorlb/grpclb/lbserver"
)

// A Balancer is told the answers. [lbserver.Balancer] is one.
type Balancer interface {
	Expect(service string) error
	SetServersFor(service, class string, servers []lbserver.Server) error
	SetFallbackFor(service, class string) error
	RemoveFor(service, class string)
	Remove(service string)
	Answers(service string) []lbserver.AnswerState
}

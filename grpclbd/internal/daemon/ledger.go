package daemon

import "github.com/actorlb/grpclb/lbserver"

// own, before a name, says that a fleet has sent it: it is the fleet's own name, whoever has it
// in the directory. A client that sends it gets what the name stands for.
const own = "\x00"

// A ledger is the balancer as a fleet sees it. The directory may have the fleet's name as one of
// another service's aliases, if the fleet has just started or is about to stop.
type ledger struct{ *lbserver.Balancer }

func (l ledger) SetServersFor(service, class string, servers []lbserver.Server) error {
	return l.Balancer.SetServersFor(own+service, class, servers)
}

func (l ledger) SetFallbackFor(service, class string) error {
	return l.Balancer.SetFallbackFor(own+service, class)
}

func (l ledger) RemoveFor(service, class string) { l.Balancer.RemoveFor(own+service, class) }

func (l ledger) Remove(service string) { l.Balancer.Remove(own + service) }

func (l ledger) Answers(service string) []lbserver.AnswerState {
	return l.Balancer.Answers(own + service)
}

// Package fleet decides what the clients of a service are told. A service is an actor: it
// hears its sources, its backends' health and load, overrides and clients, and tells the
// balancer one answer per class of clients.
//
// The core is an ordinary value: it gets an event and the time, and leaves in todo what is to
// be done. It owns what each source said last and which backends are held (sourcebook), the
// backends with their health, load and weight (roster), the overrides, the classes with their
// answers, who has which subset, and the streams. The loop around it decides nothing.
//
// # Who gets which list
//
// A client's zone is that of its address (the longest prefix of zones.clients), else that of its
// verified certificate: NAME in a URI such as spiffe://example.com/zone/NAME/client, else an
// organizational unit that is the name of a zone. Else it is the header grpclb-zone of the client's
// stream, 1 to 63 letters, digits, dots, dashes and underscores. Up to 64 zones that no backend
// and no prefix has are kept apart; clients that name more of them are in no zone.
//
// With subsets a client is known by the header grpclb-client, else by its host. What it gets is kept
// for two minutes after its last stream has ended.
//
// # When
//
// A change is published at once if nothing was published for a while. Otherwise 100 ms after the
// last time; or 25 ms, if health or an operator has decided something. If publishing takes longer than a
// fifth of that, the pause is five times as long as it took.
package fleet

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
	"github.com/actorlb/grpclb/lbserver"
)

// A Fleet is one service. Its methods may be called from any goroutine; none but Stop, and
// those that ask, waits.
type Fleet struct {
	name  string
	inbox inbox
	group *actor.Group
}

// Seen is what can be seen of a fleet: the service, and its clients.
type Seen struct {
	Service view.Service
	Clients []view.Client
}

// Start starts the service: its sources, the checks of its backends, and its answers at b. Clients
// are not admitted before each source has spoken and the overrides were said.
func Start(cfg config.Service, b Balancer, deps Deps) *Fleet {
	f := &Fleet{name: cfg.Name, inbox: inbox{actor.NewInbox[message]()}, group: actor.NewGroup()}
	l := &loop{in: f.inbox, balancer: b, deps: deps, core: newCore(cfg.Name), sources: map[int]Source{}}
	f.inbox.configured(cfg)
	f.group.Go(l.run)
	return f
}

// Stop ends the service. Its sources and checks are stopped, and the balancer forgets it, so the
// streams of its clients end with NOT_FOUND. When the whole process ends, close the balancer
// before: then they have ended with UNAVAILABLE.
func (f *Fleet) Stop() { f.group.Stop() }

// Configure changes the configuration. What is equal in both goes on.
func (f *Fleet) Configure(cfg config.Service) { f.inbox.configured(cfg) }

// OverridesSaid says which overrides there are now, of all services.
func (f *Fleet) OverridesSaid(all []override.Override) { f.inbox.overridesSaid(all) }

// Confirm lets go the backends that the guard maxRemove holds.
func (f *Fleet) Confirm() { f.inbox.confirmed() }

// Began is for the balancer's OnBegin.
func (f *Fleet) Began(c lbserver.Client) { f.inbox.began(c) }

// Ended is for the balancer's OnEnd.
func (f *Fleet) Ended(c lbserver.Client) { f.inbox.ended(c) }

// Reported is for the balancer's OnReport.
func (f *Fleet) Reported(r lbserver.Report) { f.inbox.reported(r) }

// Admit returns nil if clients may have the service, and UNAVAILABLE with the reason while it
// waits for a source or for the overrides. It is for the balancer's Authorize.
func (f *Fleet) Admit(ctx context.Context, _ lbserver.Client) error {
	reply := make(chan error, 1)
	if !f.inbox.admitAsked(reply) {
		return gone(f.name)
	}
	select {
	case err := <-reply:
		return err
	case <-ctx.Done():
		return status.FromContextError(ctx.Err()).Err()
	}
}

// gone is what a client hears of a service that has stopped.
func gone(name string) error {
	return status.Errorf(codes.NotFound, "the balancer knows no service %q", name)
}

// Classify returns the class of a client that was admitted. When it returns, the class has its
// answer. It is for the balancer's Classify.
func (f *Fleet) Classify(c lbserver.Client) string {
	reply := make(chan string, 1)
	if !f.inbox.classifyAsked(c, reply) {
		return ""
	}
	return <-reply
}

// State returns what is to be seen, given the state of the balancer, of which other services are
// ignored. A fleet that has stopped returns the zero value.
func (f *Fleet) State(known lbserver.State) Seen {
	reply := make(chan Seen, 1)
	if !f.inbox.stateAsked(known, reply) {
		return Seen{}
	}
	return <-reply
}

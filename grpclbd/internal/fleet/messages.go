package fleet

import (
	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/grpclbd/internal/backend"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/memory"
	"github.com/actorlb/grpclb/grpclbd/internal/observe"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/lbserver"
)

// A message is what the loop of a fleet can be told. Who sends what:
//
//	the memory            → recalled
//	a source              → sourceSaid
//	the watcher           → healthSaid, loadSaid
//	the daemon            → configured, overridesSaid, confirmed, stateAsked
//	the balancer's hooks  → admitAsked, classifyAsked, began, ended, reported
//
// What can be queued is bounded by how often a source and a backend speak, by the rate of
// messages that the balancer takes of a client, and by one question at a time of whoever asks.
type message interface{ isMessage() }

// An inbox is where the loop is told things. Its methods report whether the message will be
// seen; if not, the fleet has stopped.
type inbox struct{ *actor.Inbox[message] }

// configured: this is the configuration from now on. If it is not seen, the service is gone.
type configured struct{ service config.Service }

func (in inbox) configured(s config.Service) { in.Send(configured{s}) }

// recalled: this is what the sources said before the start. If it is not seen, nobody needs it.
type recalled struct{ state memory.State }

// Recalled makes the inbox the owner of the memory.
func (in inbox) Recalled(s memory.State) { in.Send(recalled{s}) }

// sourceSaid: a source has a report. If it is not seen, nobody needs it.
type sourceSaid struct {
	slot   int
	report backend.Report
}

// SourceSaid makes the inbox the owner of the sources.
func (in inbox) SourceSaid(slot int, r backend.Report) { in.Send(sourceSaid{slot, r}) }

// healthSaid: the watcher of that number knows more about the health of backends. If it is not
// seen, nobody needs it.
type healthSaid struct {
	watcher int
	changes []observe.Health
}

// loadSaid: the watcher of that number knows more about the load of backends. If it is not
// seen, nobody needs it.
type loadSaid struct {
	watcher int
	loads   []observe.Load
}

// A watched is the owner of one watcher. It tells what that watcher says from what an
// earlier one said.
type watched struct {
	in      inbox
	watcher int
}

func (w watched) HealthSaid(changes []observe.Health) { w.in.Send(healthSaid{w.watcher, changes}) }
func (w watched) LoadSaid(loads []observe.Load)       { w.in.Send(loadSaid{w.watcher, loads}) }

// overridesSaid: these are the overrides of all services from now on. If it is not seen, there
// is no service that they could be about.
type overridesSaid struct{ all []override.Override }

func (in inbox) overridesSaid(all []override.Override) { in.Send(overridesSaid{all}) }

// confirmed: an operator says that what sources took away may go.
type confirmed struct{}

func (in inbox) confirmed() { in.Send(confirmed{}) }

// admitAsked: may a client have the service now? If it is not seen, the service is gone.
type admitAsked struct{ reply chan<- error } // has room for it

func (in inbox) admitAsked(reply chan<- error) bool { return in.Send(admitAsked{reply}) }

// classifyAsked: which class is the client in? The answer comes when the balancer has the
// answer of that class. If it is not seen, the service is gone.
type classifyAsked struct {
	client lbserver.Client
	reply  chan<- string // has room for it
}

func (in inbox) classifyAsked(c lbserver.Client, reply chan<- string) bool {
	return in.Send(classifyAsked{c, reply})
}

// began: the stream of a client has been admitted.
type began struct{ client lbserver.Client }

func (in inbox) began(c lbserver.Client) { in.Send(began{c}) }

// ended: a stream that began is over.
type ended struct{ client lbserver.Client }

func (in inbox) ended(c lbserver.Client) { in.Send(ended{c}) }

// reported: a client has sent a load report. One that is not seen is not counted.
type reported struct{ report lbserver.Report }

func (in inbox) reported(r lbserver.Report) { in.Send(reported{r}) }

// stateAsked: what is there to see, given what the balancer knows? If it is not seen, there is
// nothing.
type stateAsked struct {
	known lbserver.State
	reply chan<- Seen // has room for it
}

func (in inbox) stateAsked(known lbserver.State, reply chan<- Seen) bool {
	return in.Send(stateAsked{known, reply})
}

func (configured) isMessage()    {}
func (recalled) isMessage()      {}
func (sourceSaid) isMessage()    {}
func (healthSaid) isMessage()    {}
func (loadSaid) isMessage()      {}
func (overridesSaid) isMessage() {}
func (confirmed) isMessage()     {}
func (admitAsked) isMessage()    {}
func (classifyAsked) isMessage() {}
func (began) isMessage()         {}
func (ended) isMessage()         {}
func (reported) isMessage()      {}
func (stateAsked) isMessage()    {}

// Package directory knows which service has which name, for the hooks of the balancer. It is
// an actor that waits for nobody, so that hooks, which other parts wait for, may ask it.
//
// A name that clients ask for may be that of a service, an alias, or for a while the name of one
// service and an alias of another. So a service is found in two ways: by what clients ask for, and by
// what it calls itself.
package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/grpclbd/internal/fleet"
)

// An Entry is a service.
type Entry struct {
	Name    string        // the one that lists are set for
	Reports time.Duration // between two load reports of a client; 0: none
	Fleet   *fleet.Fleet
}

// A Directory is the services. Its methods may be called from any goroutine.
type Directory struct {
	inbox *actor.Inbox[message]
	group *actor.Group
}

// A message is what the loop can be told: the daemon lists the services, hooks ask for one.
type message interface{ isMessage() }

// listed: these are the services from now on.
type listed struct {
	services []Entry
	names    map[string]string // what clients may ask for → the service's own name
}

// asked: which service do clients get that ask for this name; or, if it is a service's own, which
// one is that?
type asked struct {
	name  string
	own   bool
	reply chan<- Entry // has room for it; the zero Entry: none
}

func (listed) isMessage() {}
func (asked) isMessage()  {}

// Start starts a directory without services.
func Start() *Directory {
	d := &Directory{inbox: actor.NewInbox[message](), group: actor.NewGroup()}
	d.group.Go(d.loop)
	return d
}

// List makes these the services. Names are what clients may ask for, and which service they
// get. It does not wait; who asks later gets them.
func (d *Directory) List(services []Entry, names map[string]string) {
	d.inbox.Send(listed{services, names})
}

// Find returns the service that clients get who ask for the name.
func (d *Directory) Find(name string) (Entry, bool) { return d.ask(name, false) }

// Service returns the service that calls itself so, whoever has the name among clients.
func (d *Directory) Service(name string) (Entry, bool) { return d.ask(name, true) }

func (d *Directory) ask(name string, own bool) (Entry, bool) {
	reply := make(chan Entry, 1)
	if !d.inbox.Send(asked{name, own, reply}) {
		return Entry{}, false
	}
	e := <-reply
	return e, e.Fleet != nil
}

// Stop stops the directory. Nothing is found afterwards.
func (d *Directory) Stop() { d.group.Stop() }

// A register has the services. Only the loop has one.
type register struct {
	services map[string]Entry // by their own names
	names    map[string]string
}

func (d *Directory) loop(ctx context.Context) {
	r := &register{}
	for {
		select {
		case batch := <-d.inbox.Ready():
			for _, m := range d.inbox.Open(batch) {
				r.hear(m)
			}
		case <-ctx.Done():
			for _, m := range d.inbox.Close() {
				r.hear(m)
			}
			return
		}
	}
}

func (r *register) hear(m message) {
	switch m := m.(type) {
	case listed:
		r.services, r.names = map[string]Entry{}, m.names
		for _, e := range m.services {
			r.services[e.Name] = e
		}
	case asked:
		own := m.name
		if !m.own {
			own = r.names[m.name]
		}
		m.reply <- r.services[own]
	default:
		panic(fmt.Sprintf("BUG: the directory was told %T", m))
	}
}

// Package directory knows which service has which name, for the hooks of the balancer. It is
// an actor that waits for nobody, so that hooks, which other parts wait for, may ask it.
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
	Name    string // the one that lists are set for
	Aliases []string
	Reports time.Duration // between two load reports of a client; 0: none
	Fleet   *fleet.Fleet
}

// A Directory is the services by their names. Its methods may be called from any goroutine.
type Directory struct {
	inbox *actor.Inbox[message]
	group *actor.Group
}

// A message is what the loop can be told: the daemon lists the services, hooks ask for one.
type message interface{ isMessage() }

// listed: these are the services from now on.
type listed struct{ entries []Entry }

// asked: who has this name?
type asked struct {
	name  string
	reply chan<- Entry // has room for it; the zero Entry: nobody
}

func (listed) isMessage() {}
func (asked) isMessage()  {}

// Start starts a directory without services.
func Start() *Directory {
	d := &Directory{inbox: actor.NewInbox[message](), group: actor.NewGroup()}
	d.group.Go(d.loop)
	return d
}

// List makes these the services. It does not wait; who asks later gets them.
func (d *Directory) List(entries []Entry) { d.inbox.Send(listed{entries}) }

// Find returns the service with that name or alias.
func (d *Directory) Find(name string) (Entry, bool) {
	reply := make(chan Entry, 1)
	if !d.inbox.Send(asked{name, reply}) {
		return Entry{}, false
	}
	e := <-reply
	return e, e.Fleet != nil
}

// Normalize returns the name that lists are set for, or the name itself if it is not known.
func (d *Directory) Normalize(name string) string {
	if e, found := d.Find(name); found {
		return e.Name
	}
	return name
}

// Stop stops the directory. Nothing is found afterwards.
func (d *Directory) Stop() { d.group.Stop() }

// loop owns the names.
func (d *Directory) loop(ctx context.Context) {
	byName := map[string]Entry{}
	for {
		select {
		case batch := <-d.inbox.Ready():
			for _, m := range d.inbox.Open(batch) {
				byName = hear(byName, m)
			}
		case <-ctx.Done():
			for _, m := range d.inbox.Close() {
				byName = hear(byName, m)
			}
			return
		}
	}
}

// hear takes one message and returns the names after it.
func hear(byName map[string]Entry, m message) map[string]Entry {
	switch m := m.(type) {
	case listed:
		return index(m.entries)
	case asked:
		m.reply <- byName[m.name]
	default:
		panic(fmt.Sprintf("BUG: the directory was told %T", m))
	}
	return byName
}

func index(entries []Entry) map[string]Entry {
	byName := map[string]Entry{}
	for _, e := range entries {
		byName[e.Name] = e
		for _, alias := range e.Aliases {
			byName[alias] = e
		}
	}
	return byName
}

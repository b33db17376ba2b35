// Package registry knows the policies of the process that are not closed. Package grpclb tells it
// of them, and package lbdebug asks for them.
//
// The registry is an actor without a goroutine of its own. Its state rests in a channel. Who sends
// a message and finds it there takes the part of the actor until the inbox is empty. So no goroutine
// is left when the last channel is closed, and in a testing/synctest bubble none waits for what is
// outside of it. Nobody waits, except for the answer to a question.
package registry

import (
	"cmp"
	"slices"

	"github.com/actorlb/grpclb/actor"
)

// Live is the registry of the process.
var Live = New()

// A Member is a policy. That of package grpclb also has the method State, whose result has a
// type that can't be named here, because that package imports this one.
type Member interface {
	Target() string
}

// An Entry is a member and its number. Numbers begin at 1, and none is used again.
type Entry struct {
	Number uint64
	Member Member
}

// A Registry is a set of members.
type Registry struct {
	inbox *actor.Inbox[message] // anyone → who has the state
	rest  chan *members         // who had the state → who takes it next
}

// New returns a registry without members.
func New() *Registry {
	r := &Registry{inbox: actor.NewInbox[message](), rest: make(chan *members, 1)}
	r.rest <- &members{numbers: map[Member]uint64{}}
	return r
}

// send leaves a message. It returns when the message is handled, or somebody else handles it.
func (r *Registry) send(m message) {
	r.inbox.Send(m)
	for !r.inbox.Empty() {
		select {
		case core := <-r.rest:
			r.handle(core)
			r.rest <- core // who sent before this saw no state at rest, so look again
		default:
			return // who has the state looks into the inbox after it has put it back
		}
	}
}

// handle handles what is in the inbox, and forgets it.
func (r *Registry) handle(core *members) {
	for _, m := range r.inbox.Open(actor.Batch[message]{}) {
		switch m := m.(type) {
		case joined:
			core.join(m.member)
		case left:
			delete(core.numbers, m.member)
		case asked:
			m.reply <- core.entries()
		default:
			panic("BUG: unknown message to the registry")
		}
	}
	r.inbox.Ready()
}

// members is the state of a registry.
type members struct {
	latest  uint64 // number
	numbers map[Member]uint64
}

func (s *members) join(m Member) {
	s.latest++
	s.numbers[m] = s.latest
}

// entries returns the members in the order in which they joined.
func (s *members) entries() []Entry {
	all := make([]Entry, 0, len(s.numbers))
	for m, number := range s.numbers {
		all = append(all, Entry{number, m})
	}
	slices.SortFunc(all, func(a, b Entry) int { return cmp.Compare(a.Number, b.Number) })
	return all
}

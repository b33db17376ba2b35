package dnstest

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/actorlb/grpclb/actor"
)

// A zone is what the server knows. It belongs to the goroutine of loop.
type zone struct {
	entries map[question]entry // a type of zero is for those that have none of their own
	counts  map[question]int
	waiting []awaited
}

// loop is the goroutine that owns the zone.
func loop(ctx context.Context, inbox *actor.Inbox[message], ended chan<- struct{}) {
	defer close(ended)
	z := zone{entries: map[question]entry{}, counts: map[question]int{}}
	for {
		select {
		case <-ctx.Done():
			// Whoever waits for a reply hears that the server has ended.
			inbox.Close()
			return
		case batch := <-inbox.Ready():
			for _, m := range inbox.Open(batch) {
				z.handle(m)
			}
		}
	}
}

func (z *zone) handle(m message) {
	switch m := m.(type) {
	case learned:
		z.learned(m)
	case asked:
		z.asked(m)
	case counted:
		m.reply <- z.counts[m.question]
	case awaited:
		z.waiting = append(z.waiting, m)
		z.tell()
	default:
		panic(fmt.Sprintf("BUG: the zone was told a %T", m))
	}
}

// learned replaces what was known of the name, or of its records of one type.
func (z *zone) learned(m learned) {
	if m.question.kind == 0 {
		maps.DeleteFunc(z.entries, func(q question, _ entry) bool { return q.name == m.question.name })
	}
	z.entries[m.question] = m.entry
}

// entry returns what the zone says to a question. A name that it was told nothing
// of does not exist.
func (z *zone) entry(q question) entry {
	for _, of := range []question{q, {name: q.name}} {
		if e, known := z.entries[of]; known {
			return e
		}
	}
	return entry{code: dnsmessage.RCodeNameError}
}

// asked answers a question.
func (z *zone) asked(m asked) {
	m.reply <- z.entry(m.question)
	z.counts[m.question]++
	z.tell()
}

// tell tells those whose question was asked often enough.
func (z *zone) tell() {
	z.waiting = slices.DeleteFunc(z.waiting, func(w awaited) bool {
		enough := z.counts[w.question] >= w.n
		if enough {
			close(w.reply)
		}
		return enough
	})
}

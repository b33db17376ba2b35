package dnstest

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/actorlb/grpclb/actor"
)

// A zone is what the server knows. It belongs to the goroutine of loop.
type zone struct {
	entries map[string]entry
	counts  map[question]int
	waiting []awaited
}

// loop is the goroutine that owns the zone.
func loop(ctx context.Context, inbox *actor.Inbox[message], ended chan<- struct{}) {
	defer close(ended)
	z := zone{entries: map[string]entry{}, counts: map[question]int{}}
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
		z.entries[m.name] = m.entry
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

// asked answers a question. A name that it was told nothing of does not exist.
func (z *zone) asked(m asked) {
	e, known := z.entries[m.question.name]
	if !known {
		e = entry{code: dnsmessage.RCodeNameError}
	}
	m.reply <- e
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

package dnstest

import "golang.org/x/net/dns/dnsmessage"

// A message is what the owner of the zone can be told. Who sends what:
//
//	the test         → learned, counted, awaited
//	a socket's loop  → asked
//
// What can be queued is bounded: a socket's loop waits for its answer.
type message interface{ isMessage() }

// learned: questions about the name are answered like this from now on: those of
// one type, or if the type is zero, all.
type learned struct {
	question question
	entry    entry
}

// asked: a client has a question.
type asked struct {
	question question
	reply    chan<- entry // capacity 1
}

// counted: the test wants to know how often the question was asked.
type counted struct {
	question question
	reply    chan<- int // capacity 1
}

// awaited: the test wants to be told when the question was asked n times.
type awaited struct {
	question question
	n        int
	reply    chan<- struct{} // to be closed
}

func (learned) isMessage() {}
func (asked) isMessage()   {}
func (counted) isMessage() {}
func (awaited) isMessage() {}

// A question is what clients ask.
type question struct {
	name string // canonical
	kind dnsmessage.Type
}

// An entry is what the server says about a name.
type entry struct {
	code    dnsmessage.RCode
	records []Record // of all types; not changed any more
	silent  bool     // it says nothing
}

// of returns the records of one type.
func (e entry) of(kind dnsmessage.Type) (found []Record) {
	for _, r := range e.records {
		if r.kind == kind {
			found = append(found, r)
		}
	}
	return found
}

package pending

import (
	"fmt"
	"time"
)

// What calls and the publisher tell a queue may come in any order that each of
// them can bring about, and contexts may end, and the queue look for that, at any
// time. Here all of those orders are tried, with the queue's own core at the end
// of the inbox; calls, gRPC and the publisher are a model. In the end the queue must have exactly the calls that wait: no
// one is lost, and none is kept because its word came after the publisher's
// that its picker was over.

// A model is one cast, and an error built in, to see that it is found.
type model struct {
	calls  int
	mortal int // of the calls, how many have a context that ends some time
	limit  int
	script []act
	fault  fault
}

// An act is what the publisher does.
type act struct {
	what  string
	epoch uint64 // of a waiting picker; zero publishes a usable one
	tell  uint64 // if not zero, call Released with this
}

// duties is a publisher that does what doc.go says it has to.
var duties = []act{
	{"publish a usable picker", 0, 0}, {"Released(1)", 0, 1},
	{"publish waiting picker 2", 2, 0}, {"publish a usable picker", 0, 0}, {"Released(2)", 0, 2},
	{"publish waiting picker 3", 3, 0},
}

type fault uint8

const (
	none           fault = iota
	keepsLateWords       // the core does not look whether a picker is over
	releasesBelow        // the core releases what is below the epoch
	neverLooks           // the loop does not look for calls that gave up
)

// A world is the state of a model. What is in the queue follows from the words
// that were handled.
type world struct {
	picker       uint64 // its epoch; zero: usable
	version      uint8  // of the picker
	act          uint8
	calls        [2]caller
	words        [12]word
	sent, opened uint8 // words since the start, and those that were handled
}

// A word is a message in the inbox, or that the loop looked at all calls, which
// comes between two messages.
type word struct {
	kind  kind
	call  byte
	epoch uint64
	over  [2]bool // when it was handled: the calls that had given up
}

type kind uint8

const (
	noWord kind = iota
	isParked
	isReleased
	isSweep
)

// A caller is a call in gRPC.
type caller struct {
	at      stage
	version uint8  // of the picker that it was given
	epoch   uint64 // of that one
	asked   uint8  // the word that it waits for an answer to
	over    bool   // its context is done
}

type stage uint8

const (
	picking  stage = iota
	parking        // with a waiting picker in hand
	answered       // with an answer to come
	waiting
	picked
	gone // past its deadline, or refused
)

func (s *world) send(w word) {
	s.words[s.sent] = w
	s.sent++
}

// call is what call i does next.
func (m *model) call(s *world, i int) string {
	c := &s.calls[i]
	switch c.at {
	case picking:
		c.version, c.epoch = s.version, s.picker
		if c.at = parking; c.epoch == 0 {
			c.at = picked
		}
		return "ask the picker"
	case parking:
		s.send(word{kind: isParked, call: byte(i), epoch: c.epoch})
		if c.at, c.epoch = waiting, 0; m.limit > 0 {
			c.at, c.asked = answered, s.sent
		}
		return "Park"
	case answered:
		if s.opened < c.asked {
			return ""
		}
		_, refused := m.replay(s, c.asked)
		if c.at, c.asked = waiting, 0; refused {
			c.at = gone
		}
		return "hear whether it may wait"
	case waiting:
		if c.version == s.version {
			return ""
		}
		c.at, c.version = picking, 0
		return "see that there is another picker"
	}
	return ""
}

// context ends the context of call i.
func (m *model) context(s *world, i int) string {
	if s.calls[i].over {
		return ""
	}
	s.calls[i].over = true
	return "be over"
}

// sweep has the loop look at all calls, if that brings anything.
func (m *model) sweep(s *world) string {
	if m.fault == neverLooks {
		return ""
	}
	q, _ := m.replay(s, s.opened)
	for i, c := range s.calls {
		if c.over && q.entries[byte(i)] != nil {
			s.insert(word{kind: isSweep, over: s.over()})
			return "look at all calls"
		}
	}
	return ""
}

// insert has w handled now, before what is in the inbox.
func (s *world) insert(w word) {
	copy(s.words[s.opened+1:], s.words[s.opened:s.sent])
	s.words[s.opened] = w
	for i := range s.calls {
		if s.calls[i].asked > s.opened {
			s.calls[i].asked++
		}
	}
	s.opened, s.sent = s.opened+1, s.sent+1
}

func (s *world) over() [2]bool { return [2]bool{s.calls[0].over, s.calls[1].over} }

// giveUp has call i end by its context while it waits.
func (m *model) giveUp(s *world, i int) string {
	if c := &s.calls[i]; c.at == waiting && c.over {
		c.at, c.version = gone, 0
		return "give up"
	}
	return ""
}

// publish is what the publisher does next.
func (m *model) publish(s *world) string {
	if int(s.act) == len(m.script) {
		return ""
	}
	a := m.script[s.act]
	s.act++
	if a.tell != 0 {
		s.send(word{kind: isReleased, epoch: a.tell})
	} else {
		s.picker, s.version = a.epoch, s.version+1
	}
	return a.what
}

// open has the queue's loop handle a word.
func (m *model) open(s *world) string {
	if s.opened == s.sent {
		return ""
	}
	s.words[s.opened].over = s.over()
	s.opened++
	return "handle a word"
}

// replay tells a core the first n words, and returns it and whether the last of
// the words was refused.
func (m *model) replay(s *world, n uint8) (q *queue[byte], refused bool) {
	now := time.Unix(0, 0)
	q = newQueue[byte](now)
	for _, w := range s.words[:n] {
		refused = false
		if w.kind != isParked || m.limit > 0 && q.full(m.limit) {
			sweepOut(q, w.over)
		}
		switch w.kind {
		case isParked:
			if m.fault == keepsLateWords {
				q.released = 0
			}
			_, refused = q.park(w.call, w.epoch, m.limit, now)
		case isReleased:
			if m.fault == releasesBelow {
				w.epoch--
			}
			q.release(w.epoch)
		}
	}
	return q, refused
}

// sweepOut is what the loop's sweepAll does.
func sweepOut(q *queue[byte], over [2]bool) {
	for i, gone := range over {
		if e := q.entries[byte(i)]; gone && e != nil {
			q.cancel(e)
		}
	}
}

// String shows what is on its way and who waits where.
func (s world) String() string {
	return fmt.Sprintf("picker %d; in the inbox %v; calls at %v", s.picker, s.words[s.opened:s.sent], []stage{s.calls[0].at, s.calls[1].at})
}

func (w word) String() string {
	switch w.kind {
	case isParked:
		return fmt.Sprintf("parked %c %d", 'a'+w.call, w.epoch)
	case isReleased:
		return fmt.Sprintf("released %d", w.epoch)
	default:
		return "sweep"
	}
}

func (s stage) String() string {
	return []string{"picking", "parking", "answered", "waiting", "picked", "gone"}[s]
}

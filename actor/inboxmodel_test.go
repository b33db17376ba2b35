package actor_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/actorlb/grpclb/internal/interleave"
)

const (
	modelSenders = 3
	modelLinks   = 7
	closedMark   = -1
)

// A queue is an inbox as a model: links are numbers from 1, and 0 is none. What a
// sender does to its link before others see it is no step of its own.
type queue struct {
	newest         int8
	wake           bool
	older, message [modelLinks]int8
	made           int8

	senders  [modelSenders]sender
	receiver struct{ at, batch int8 }
	seen     [modelSenders]int8 // the latest number of each sender that was received
	disorder bool
	closed   bool
}

type sender struct{ at, link, older, sent, accepted int8 }

// A flaw is an error built into the model, to see that it is found.
type flaw uint8

const (
	sound          flaw = iota
	wakesFirst          // the receiver is woken before the message is linked
	closesInTwo         // Close takes the backlog, and then marks the end
	neverTakesBack      // Open takes the backlog by reading it and then writing none
)

// A cast is who plays: how many messages each of the senders has, and whether the
// receiver may close the inbox at any time, or open it before it is woken.
type cast struct {
	messages      [modelSenders]int8
	closes, opens bool
	flaw          flaw
}

func (m cast) send(s *queue, i int) string {
	t := &s.senders[i]
	switch t.at {
	case 0:
		if t.sent == m.messages[i] {
			return ""
		}
		t.sent++
		s.made++
		t.link, t.at = s.made, 1
		s.message[t.link] = int8(i+1)<<4 + t.sent
		return "make a link"
	case 1:
		if s.newest == closedMark {
			t.at, t.link = 0, 0
			t.sent = m.messages[i]
			return "find it closed"
		}
		t.older, s.older[t.link] = s.newest, s.newest
		t.at = 2
		if m.flaw == wakesFirst && t.older == 0 {
			s.wake = true
		}
		return "read the newest"
	case 2:
		if s.newest != t.older {
			t.at = 1
			return "link, too late"
		}
		s.newest = t.link
		t.accepted, t.at = t.sent, 3
		if t.older != 0 || m.flaw == wakesFirst {
			t.at, t.link, t.older = 0, 0, 0
		}
		return "link"
	default:
		s.wake = true
		t.at, t.link, t.older = 0, 0, 0
		return "wake"
	}
}

func (m cast) receive(s *queue) string {
	r := &s.receiver
	switch {
	case s.closed:
		return ""
	case r.at == 1 && m.flaw == neverTakesBack && r.batch == 0 && s.newest != 0:
		r.batch = s.newest
		return "open: read the backlog"
	case r.at == 1:
		if r.batch == 0 {
			r.batch = s.newest
		}
		m.read(s, r.batch)
		s.newest, r.batch, r.at = 0, 0, 0
		return "open: take the backlog"
	case r.at == 2:
		s.newest, s.closed = closedMark, true
		return "close: mark the end"
	case s.wake:
		s.wake, r.at = false, 1
		return "be woken"
	case m.opens && s.newest != 0:
		r.at = 1
		return "open unasked"
	case m.closes:
		m.read(s, s.newest)
		s.newest, s.closed = closedMark, true
		if m.flaw == closesInTwo {
			s.newest, s.closed, r.at = 0, false, 2
		}
		return "close"
	}
	return ""
}

// read receives the messages of a backlog, the oldest first.
func (m cast) read(s *queue, newest int8) {
	var backlog []int8
	for l := newest; l != 0; l = s.older[l] {
		if backlog = append(backlog, l); len(backlog) > modelLinks {
			s.disorder = true // a ring
			return
		}
	}
	for n := len(backlog) - 1; n >= 0; n-- {
		from, number := s.message[backlog[n]]>>4-1, s.message[backlog[n]]&15
		if from < 0 || number != s.seen[from]+1 {
			s.disorder = true
			return
		}
		s.seen[from] = number
		s.message[backlog[n]] = 0
	}
}

var errDisorder = errors.New("a message came twice, or before an older one of its sender")

func (m cast) explore() (interleave.Explored, error) {
	p := &interleave.Protocol[queue]{
		Always: func(s queue) error {
			if s.disorder {
				return errDisorder
			}
			return nil
		},
		AtRest: func(s queue) error {
			for i, t := range s.senders {
				if s.seen[i] != t.accepted {
					return fmt.Errorf("%d messages of sender %d were accepted, %d received", t.accepted, i+1, s.seen[i])
				}
			}
			return nil
		},
	}
	for i, n := range m.messages {
		if n > 0 {
			p.Threads = append(p.Threads, interleave.Thread[queue]{
				Name: fmt.Sprint("sender ", i+1), Step: func(s *queue) string { return m.send(s, i) }})
		}
	}
	p.Threads = append(p.Threads, interleave.Thread[queue]{Name: "receiver", Step: m.receive})
	return interleave.Explore(p)
}

// Every order of the steps of two or three senders and the receiver, which may close the
// inbox or open it at any time: all that was accepted is received, once and in the order of
// its sender.
func TestInbox_EveryOrderOfSteps(t *testing.T) {
	for _, m := range []cast{
		{messages: [modelSenders]int8{4}},
		{messages: [modelSenders]int8{3, 2}},
		{messages: [modelSenders]int8{2, 1, 1}},
		{messages: [modelSenders]int8{3, 2}, opens: true},
		{messages: [modelSenders]int8{2, 2}, closes: true},
		{messages: [modelSenders]int8{1, 1, 1}, closes: true},
	} {
		found, err := m.explore()
		if err != nil {
			t.Errorf("%v: %v", m.messages, err)
		}
		t.Logf("%v closes=%t opens=%t: %+v", m.messages, m.closes, m.opens, found)
	}
}

// The model finds what it is for.
func TestInbox_EveryOrderOfStepsFindsFlaws(t *testing.T) {
	for flaw := wakesFirst; flaw <= neverTakesBack; flaw++ {
		m := cast{messages: [modelSenders]int8{3, 3}, closes: flaw == closesInTwo, flaw: flaw}
		if _, err := m.explore(); err == nil {
			t.Errorf("flaw %d is not found", flaw)
		}
	}
}

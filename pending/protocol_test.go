package pending

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Calls, the publisher and the loop take their steps in any possible order, and contexts
// may end at any time. This test tries all orders, with the queue's own core and a model
// of calls, gRPC, the publisher and the loop. At rest the queue must have exactly the
// calls that wait.

// A model is one set of callers and a publisher, with an error built in or none.
type model struct {
	calls   int
	mortal  int // of the calls, how many have a context that ends some time
	limit   int
	repeats bool // the core is told that pickers may be asked more than once
	script  []act
	fault   fault
}

// An act is what the publisher does.
type act struct {
	what  string
	epoch uint8 // of a waiting picker; zero publishes a usable one
	tell  uint8 // if not zero, call Released with this
}

// duties is a publisher that does what doc.go asks of it.
var duties = []act{
	{"publish a usable picker", 0, 0}, {"Released(1)", 0, 1},
	{"publish waiting picker 2", 2, 0}, {"publish waiting picker 3", 3, 0},
	{"publish a usable picker", 0, 0}, {"Released(3)", 0, 3},
	{"publish waiting picker 4", 4, 0},
}

// again is a publisher under a parent policy: between its pickers the first one is asked
// again.
var again = []act{{"publish picker 1 again", 1, 0}, {"publish waiting picker 2", 2, 0}}

type fault uint8

const (
	none           fault = iota
	keepsLateWords       // the core does not look whether a picker is over
	releasesBelow        // the core releases what is below the epoch
	neverFinds           // the core takes each call for a new one
	neverLooks           // the loop does not look for calls that gave up
	neverListens         // the loop does not hear of the first call
)

// A world is the state of a model.
type world struct {
	picker  uint8 // its epoch; zero: usable
	version uint8 // of the picker
	act     uint8
	calls   [2]caller
	parks   inbox // of calls
	rest    inbox // of messages
	opened  uint8 // of rest, how many messages the loop has opened
	core    snapshot
	wrong   bool // a call was refused though it waits, or though there was a place
}

// A snapshot is the state of a core without its index, which the core can make anew.
type snapshot struct {
	calls               [4]entry
	low, high, released uint8
	n, parked, gone     uint8
}

type entry struct{ id, epoch uint8 }

// An inbox has messages in their order.
type inbox struct {
	words [8]word
	n     uint8
}

func (b *inbox) add(w word) { b.words[b.n], b.n = w, b.n+1 }

// A word is a message, or says that the core looks at all calls.
type word struct {
	kind  byte // 'p'arked, 'a'sked, 'r'eleased, 'l'ook
	call  byte
	epoch uint8
}

// A caller is a call in gRPC.
type caller struct {
	at      stage
	version uint8 // of the picker that it was given
	epoch   uint8 // of that one
	over    bool  // its context is done
}

type stage uint8

const (
	picking stage = iota
	parking       // with a waiting picker in hand
	asking        // until there is an answer
	waiting
	picked
	gone // past its deadline, or refused
)

func (s stage) String() string {
	return []string{"picking", "parking", "asking", "waiting", "picked", "gone"}[s]
}

// call does the next step of call i.
func (m *model) call(s *world, i int) string {
	c := &s.calls[i]
	switch {
	case c.at == picking:
		c.version, c.epoch = s.version, s.picker
		if c.at = parking; c.epoch == 0 {
			c.at = picked
		}
		return "ask the picker"
	case c.at == parking && m.limit > 0:
		s.rest.add(word{kind: 'a', call: byte(i), epoch: c.epoch})
		c.at, c.epoch = asking, 0
		return "Park, and ask"
	case c.at == parking:
		s.parks.add(word{kind: 'p', call: byte(i), epoch: c.epoch})
		c.at, c.epoch = waiting, 0
		return "Park"
	case c.at == waiting && c.version != s.version:
		c.at, c.version = picking, 0
		return "see that there is another picker"
	}
	return ""
}

// end ends the context of call i.
func (m *model) end(s *world, i int) string {
	if s.calls[i].over {
		return ""
	}
	s.calls[i].over = true
	return "be over"
}

// giveUp ends call i, whose context has ended while it waits.
func (m *model) giveUp(s *world, i int) string {
	if c := &s.calls[i]; c.at == waiting && c.over {
		c.at, c.version = gone, 0
		return "give up"
	}
	return ""
}

// publish does the next step of the publisher.
func (m *model) publish(s *world) string {
	if int(s.act) == len(m.script) {
		return ""
	}
	a := m.script[s.act]
	s.act++
	if a.tell != 0 {
		s.rest.add(word{kind: 'r', epoch: a.tell})
	} else {
		s.picker, s.version = a.epoch, s.version+1
	}
	return a.what
}

// loop does the next step of the loop.
func (m *model) loop(s *world) string {
	q := m.queue(s)
	switch {
	case s.opened > 0:
		m.takeIn(s)
		for _, w := range s.rest.words[:s.opened] {
			m.tell(s, w)
		}
		copy(s.rest.words[:], s.rest.words[s.opened:])
		clear(s.rest.words[len(s.rest.words)-int(s.opened):])
		s.rest.n, s.opened = s.rest.n-s.opened, 0
		return "take in the calls, handle the messages"
	case s.rest.n > 0:
		s.opened = s.rest.n
		return "open the inbox of messages"
	case q.due().IsZero() && s.parks.n > 0 && m.fault != neverListens:
		m.takeIn(s)
		return "hear of the first call"
	}
	return ""
}

// timer has the loop look at all calls, if it handles no message and that changes
// anything.
func (m *model) timer(s *world) string {
	q := m.queue(s)
	ended := func(id byte) bool { return s.calls[id].over }
	switch {
	case s.opened > 0 || q.due().IsZero():
		return ""
	case s.parks.n == 0 && (m.fault == neverLooks || !slices.ContainsFunc(waitingIn(q), ended)):
		return ""
	}
	m.takeIn(s)
	if m.fault != neverLooks {
		m.tell(s, word{kind: 'l'})
	}
	return "look at all calls"
}

func (m *model) takeIn(s *world) {
	for _, w := range s.parks.words[:s.parks.n] {
		m.tell(s, w)
	}
	s.parks = inbox{}
}

// tell gives the core a word, and the call that asked its answer.
func (m *model) tell(s *world, w word) {
	q, now := m.queue(s), time.Unix(0, 0)
	switch w.kind {
	case 'p':
		m.park(q, w, 0)
	case 'a':
		c, other := &s.calls[w.call], 1-w.call
		if c.at = waiting; m.park(q, w, m.limit) {
			s.wrong = s.wrong || s.calls[other].over || !slices.Equal(waitingIn(q), []byte{other})
			c.at, c.version = gone, 0
		}
	case 'r':
		if m.fault == releasesBelow {
			w.epoch--
		}
		q.release(uint64(w.epoch), now)
	case 'l':
		q.look(now)
	}
	s.core = snapshot{
		low: uint8(q.low), high: uint8(q.high), released: uint8(q.released), n: uint8(len(q.calls)),
		parked: uint8(q.counts.Parked), gone: uint8(q.counts.Released + q.counts.Cancelled),
	}
	for i, c := range q.calls {
		s.core.calls[i] = entry{c.id, uint8(c.epoch)}
	}
}

func (m *model) park(q *queue[byte], w word, limit int) (refused bool) {
	if m.fault == keepsLateWords {
		q.released = 0
	}
	if m.fault == neverFinds {
		q.low, q.high = uint64(w.epoch), uint64(w.epoch)
	}
	return q.park(call[byte]{w.call, uint64(w.epoch), 0}, limit, time.Unix(0, 0)) > 0
}

// queue returns the core of a state.
func (m *model) queue(s *world) *queue[byte] {
	q := newQueue(func(id byte) bool { return s.calls[id].over }, m.repeats, time.Unix(0, 0))
	q.low, q.high, q.released = uint64(s.core.low), uint64(s.core.high), uint64(s.core.released)
	q.counts = Stats{Parked: uint64(s.core.parked), Released: uint64(s.core.gone)}
	for _, c := range s.core.calls[:s.core.n] {
		q.calls = append(q.calls, call[byte]{c.id, uint64(c.epoch), 0})
	}
	q.depth = len(waitingIn(q))
	return q
}

// atRest compares the queue with the calls that wait.
func (m *model) atRest(s world) error {
	q := m.queue(&s)
	depth := 0
	for i, c := range s.calls[:m.calls] {
		in := slices.Contains(waitingIn(q), byte(i))
		switch {
		case c.at < waiting:
			return fmt.Errorf("call %d is stuck", i)
		case in && c.at != waiting:
			return fmt.Errorf("call %d is kept, and waits no more", i)
		case !in && c.at == waiting:
			return fmt.Errorf("call %d waits, and was lost", i)
		case in:
			depth++
		}
	}
	switch c := q.stats(time.Unix(0, 0)); {
	case c.Depth != depth:
		return fmt.Errorf("%d calls count, %d wait", c.Depth, depth)
	case c.Parked != c.Released+c.Cancelled+uint64(depth):
		return errors.New("the books do not balance")
	}
	return nil
}

func always(s world) error {
	if s.wrong {
		return errors.New("a call was refused, wrongly")
	}
	return nil
}

// String shows the picker, the calls and the words that were not handled yet.
func (s world) String() string {
	return fmt.Sprintf("picker %d; calls %v %v; %v %v", s.picker, s.calls[0].at, s.calls[1].at, s.parks, s.rest)
}

func (b inbox) String() (text string) {
	for _, w := range b.words[:b.n] {
		text += fmt.Sprintf("%c%c%d ", w.kind, 'a'+w.call, w.epoch)
	}
	return text
}

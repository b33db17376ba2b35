package lbstream

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/tokens"
)

// world does what the core commands and objects to what cannot be done. What
// it holds afterwards is compared with what the twin derives from the history.
type world struct {
	t      testing.TB
	core   core
	now    time.Time
	events []event // the history, oldest first

	channel []resolver.Address // nil: none
	stream  uint64             // number of the open stream; zero: none
	opened  bool               // the stream is past NewStream
	streams uint64             // opened ever
	waiting bool               // the retry owner is to say when
	said    int                // messages to the retry owner
	sent    []string           // names in initial requests
	sending bool               // the sender has something to send
	asking  bool               // the counter has a question
	moved   bool               // other balancers have come since the stream began
	begun   time.Time          // when the stream began
	renewal bool               // the retry owner is to say when the stream is replaced
	asked   int                // questions ever
	routed  bool               // balancers have routes, of which the twin knows nothing
	reports []string           // given to the sender, in the words of countsOf
}

// event is one entry of the history.
type event struct {
	kind     string // serve, dial-now, opened, initial, list, fallback, noise, sent, rang, counted, ended, ask-again
	from     string // ended: where the balancer is that the stream was with
	moved    bool   // ended: other balancers have come since the stream began
	at       time.Time
	target   Target
	list     *tokens.List
	err      error
	fit      bool          // ended: the channel can carry another stream
	stream   uint64        // the open one when the event came
	fresh    bool          // ended: before it was opened
	every    time.Duration // initial: the interval it wants
	asked    bool          // rang: by the twin's reckoning, in time for a question
	lapse    bool          // rang: by the twin's reckoning, contact of an earlier stream is over
	useful   bool          // ask-again: by the twin's reckoning, the stream is to be replaced
	replaced bool          // dial-now: by the twin's reckoning, the stream is
	counts   tokens.Counts // counted
}

func newWorld(t testing.TB) *world {
	return &world{t: t, now: time.Unix(0, 0), core: core{counting: true, settings: Settings{Timeout: twinTimeout}}}
}

// step plays the event that one byte stands for, if it can happen now.
func (w *world) step(b byte) {
	kind, arg := b%16, int(b/16)
	w.now = w.now.Add(time.Duration(arg) * 100 * time.Millisecond)
	switch kind {
	case 0, 1:
		w.play(event{kind: "serve", target: targetFrom(arg)}, received{})
	case 2:
		if w.stream != 0 && !w.opened {
			w.play(event{kind: "opened"}, received{})
		}
	case 3, 4:
		if w.opened {
			w.play(saidFrom(arg))
		}
	case 5:
		if w.stream != 0 {
			w.play(event{kind: "ended", err: errors.New("gone"), fit: arg%2 == 0, from: fromWhere(arg)}, received{})
		}
	case 6: // in time or out of date
		w.play(event{kind: "dial-now", stream: w.streams - min(w.streams, uint64(arg%3))}, received{})
	case 7:
		if w.opened {
			w.play(initialFrom(arg))
		}
	case 8, 9:
		if w.sending {
			w.play(event{kind: "sent"}, received{})
		}
	case 10, 11, 12: // in time, too early, or for nobody
		w.play(event{kind: "rang", from: fromWhere(arg)}, received{})
	case 15:
		w.play(event{kind: "ask-again", stream: w.stream}, received{})
	default:
		if w.asking {
			w.play(event{kind: "counted", counts: countsFrom(arg)}, received{})
		}
	}
}

// targetFrom picks a name and addresses, in one order or the other, or none.
func targetFrom(arg int) Target {
	addresses := []string{"A", "B", "C"}[:arg/4%4]
	if addresses = slices.Clone(addresses); arg/2%2 == 1 {
		slices.Reverse(addresses)
	}
	return targetOf([]string{"shop", "bank"}[arg%2], addresses...)
}

// saidFrom picks something for the balancer to say.
func saidFrom(arg int) (event, received) {
	switch arg % 4 {
	case 0, 1:
		m := receivedFrom(response([]string{"list", "empty"}[arg%4]), nil)
		return event{kind: "list", list: m.list}, m
	case 2:
		return event{kind: "fallback"}, receivedFrom(response("fallback"), nil)
	default:
		return event{kind: "noise"}, receivedFrom(response("unknown"), nil)
	}
}

// play gives the event to the core, does what it commands, and compares.
func (w *world) play(e event, said received) {
	before := *w
	var do []command
	e.at, e.moved = w.now, w.moved
	if at := twinLeavesAt(w.events); e.kind == "rang" && !at.IsZero() && !w.now.Before(at) {
		e.kind, e.stream, e.fit, e.err = "ended", w.stream, true, silence(twinTimeout)
		w.core.rang(w.now, e.from)
		do = w.core.take()
		if _, ok := do[0].(endStream); !ok {
			w.wrong("a silent stream is not ended")
		}
		do = do[1:]
		w.over()
	} else {
		w.tellCore(&e, said)
		do = w.core.take()
	}
	w.events = append(w.events, e)
	for _, c := range do {
		w.do(c)
	}
	if !w.routed {
		w.compare(&before, e)
	}
}

// tellCore gives the event to the core.
func (w *world) tellCore(e *event, said received) {
	switch e.kind {
	case "serve":
		w.moved = w.moved || !maps.Equal(set(twinTarget(w.events)), set(e.target))
		w.core.serve(w.now, e.target)
	case "dial-now":
		w.waiting = w.waiting && e.stream != w.streams
		e.replaced = e.stream == w.streams && twinRenewal(w.events)
		w.renewal = w.renewal && !e.replaced
		w.core.dialNow(w.now, dialNow{e.stream})
	case "ask-again":
		e.useful = w.opened && delivered(w.events, w.stream) && !twinRenewal(w.events)
		w.core.askAgain(w.now)
	case "opened":
		w.opened = true
		w.core.opened(w.now)
	case "ended":
		e.stream, e.fresh = w.stream, !w.opened
		w.over()
		w.core.ended(w.now, e.err, e.fit, e.from)
	case "sent":
		w.sending = false
		w.core.sent(w.now)
	case "rang":
		due, lapse := twinDue(w.events), w.twinLapseAt()
		e.lapse = !lapse.IsZero() && !w.now.Before(lapse)
		if e.lapse {
			e.err = silence(twinTimeout)
		}
		e.asked = !e.lapse && !due.IsZero() && !w.now.Before(due)
		w.core.rang(w.now, e.from)
	case "counted":
		w.asking = false
		w.core.counted(w.now, e.counts)
	default:
		e.stream = w.stream
		w.core.received(w.now, said)
	}
}

// over: with the stream go its sender and its question.
func (w *world) over() { w.stream, w.opened, w.sending, w.asking = 0, false, false, false }

func (w *world) wrong(format string, args ...any) {
	w.t.Helper()
	for _, e := range w.events {
		w.t.Logf("%s %q %s stream %d fit %t", e.kind, e.target.Name, names(e.target.Balancers), e.stream, e.fit)
	}
	w.t.Fatalf(format, args...)
}

// do objects to two streams at once, to a stream without balancers or channel, and
// to anything done to what is not there.
func (w *world) do(c command) {
	switch c := c.(type) {
	case openChannel:
		if w.channel != nil || len(c.addresses) == 0 {
			w.wrong("opened channel %v beside %v", c.addresses, w.channel)
		}
		w.channel = c.addresses
	case useAddresses:
		if w.channel == nil || len(c.addresses) == 0 {
			w.wrong("gave %v to channel %v", c.addresses, w.channel)
		}
		w.channel = c.addresses
	case closeChannel:
		if w.channel == nil || w.stream != 0 {
			w.wrong("closed channel %v under stream %d", w.channel, w.stream)
		}
		w.channel = nil
	case openStream:
		if w.channel == nil || w.stream != 0 || c.number != w.streams+1 {
			w.wrong("opened stream %d beside %d over channel %v", c.number, w.stream, w.channel)
		}
		w.streams, w.stream, w.moved, w.begun = c.number, c.number, false, w.now
	case endStream:
		if w.stream == 0 {
			w.wrong("ended a stream that is not there")
		}
		w.over()
	case sendInitial:
		w.send()
		w.sent = append(w.sent, c.name)
	case ask:
		if c.stream != w.stream || w.asking || w.sending {
			w.wrong("asked about stream %d during %d; another question %t, a send %t", c.stream, w.stream, w.asking, w.sending)
		}
		w.asking = true
		w.asked++
	case sendReport:
		w.send()
		w.reports = append(w.reports, describeStats(c.stats))
	case startRetry:
		if w.said > 0 {
			w.wrong("started the retry owner after %d messages to it", w.said)
		}
	case tellRetry:
		w.said++
		w.tell(c.message)
	case moveOn:
		if w.stream != 0 || c.stream != w.streams {
			w.wrong("moved on from stream %d during %d", c.stream, w.stream)
		}
	case complain:
		if c.stream != w.stream {
			w.wrong("complained of stream %d during %d", c.stream, w.stream)
		}
	default:
		w.wrong("no such command: %T", c)
	}
}

// send objects to a second message for the sender: the owner might have to wait.
func (w *world) send() {
	if !w.opened || w.sending {
		w.wrong("sent to stream %d, opened %t, sending %t", w.stream, w.opened, w.sending)
	}
	w.sending = true
}

func (w *world) tell(m retryMessage) {
	switch m := m.(type) {
	case streamEnded:
		if w.waiting || m.stream != w.streams {
			w.wrong("told retry of the end of stream %d after %d", m.stream, w.streams)
		}
		w.waiting, w.renewal = true, false
	case renewal:
		if w.waiting || w.renewal || !w.opened || m.stream != w.stream {
			w.wrong("told retry to replace stream %d during %d", m.stream, w.stream)
		}
		w.renewal = true
	case standDown:
		w.waiting, w.renewal = false, false
	}
}

// compare holds the world against the twin.
func (w *world) compare(before *world, e event) {
	w.t.Helper()
	w.same("status", twinStatus(w.events), w.core.status)
	w.same("waiting", twinWaiting(w.events), w.waiting)
	w.same("to be replaced", twinRenewal(w.events), w.renewal)
	target := twinTarget(w.events)
	w.same("a stream", len(target.Balancers) > 0 && !w.waiting, w.stream != 0)
	w.same("a channel", w.stream != 0 || w.waiting && twinFit(w.events), w.channel != nil)
	if w.channel != nil {
		w.same("channel's addresses", names(twinLeft(w.events)), names(w.channel))
	}
	if e.kind == "opened" {
		w.same("names sent", fmt.Sprint(append(slices.Clone(before.sent), target.Name)), fmt.Sprint(w.sent))
	} else {
		w.same("names sent", len(before.sent), len(w.sent))
	}
	w.compareReports(before, e)
	if w.streams > before.streams+1 || w.said > before.said+1 {
		w.wrong("%d streams and %d messages to retry for one event", w.streams-before.streams, w.said-before.said)
	}
}

func (w *world) same(what string, twin, core any) {
	w.t.Helper()
	if twin != core {
		w.wrong("%s: twin %v, core %v", what, twin, core)
	}
}

func TestCore_Twin(t *testing.T) {
	for seed := range uint64(1000) {
		w := newWorld(t)
		random := rand.New(rand.NewPCG(seed, 0))
		for range 100 {
			w.step(byte(random.Uint32()))
		}
	}
}

func FuzzCore(f *testing.F) {
	f.Add([]byte("\x40\x02\x03\x05\x06"))                             // serve A, opened, list, ended, dial-now
	f.Add([]byte("\x40\x02\x03\x80\xa0\x05\xc0"))                     // other addresses under a stream, then while waiting
	f.Add([]byte("\x40\x02\x03\x50\x02\x03"))                         // another name
	f.Add([]byte("\x40\x50\x02\x00\x06\x40\x05"))                     // another name while opening; removed; back again
	f.Add([]byte("\x40\x05\x00\x06\x16\x40\x15"))                     // removed while waiting
	f.Add([]byte("\xc0\x02\x05\x02\x15\x02\x25\x06\x02\x15\x02\x03")) // round the balancers
	f.Add([]byte("\xc0\x02\xfa\x02\xfa\x02\xfa\xf6"))                 // which are silent
	f.Add([]byte("\x40\x02\x23\x03\x23\x15\x06"))                     // fallback asked, list, asked again, ended
	f.Add([]byte("\x40\x02\x08\x47\x9a\x0d\x08\x9a\x0d"))             // reports: nothing, twice
	f.Add([]byte("\x40\x02\x47\x9a\x08\x9a\x5d\x9a\x08\x9a\x2d"))     // late sends
	f.Add([]byte("\x40\x02\x08\x47\x9a\x50\x02\x08\x47\x9a\x7d"))     // another name with a question out
	f.Fuzz(func(t *testing.T, script []byte) {
		w := newWorld(t)
		for _, b := range script[:min(len(script), 100)] {
			w.step(b)
		}
	})
}

package lbstream

import (
	"math/rand/v2"
	"testing"
	"time"

	"google.golang.org/grpc/backoff"
)

// A retryEvent is one that the retry owner hears of.
type retryEvent struct {
	kind    string // ended, renewed, stood-down, reset, rang, configured
	at      time.Time
	stream  uint64
	record  record
	random  float64
	backoff backoff.Config // in force from here on
	early   bool           // rang: before it was due
}

// Two backoffs to change between. Without jitter the sums are exact.
var backoffs = []backoff.Config{
	{BaseDelay: time.Second, Multiplier: 2, MaxDelay: 10 * time.Second},
	{BaseDelay: 300 * time.Millisecond, Multiplier: 1, MaxDelay: time.Minute},
}

// twinBackoff is the one in force.
func twinBackoff(events []retryEvent) backoff.Config {
	for i := len(events) - 1; i >= 0; i-- {
		if events[i].kind == "configured" {
			return events[i].backoff
		}
	}
	return backoffs[0]
}

// twinHealthy: it delivered a list and lived longer than the first delay.
func twinHealthy(events []retryEvent, i int) bool {
	return events[i].record.delivered && events[i].record.lived > twinBackoff(events[:i]).BaseDelay
}

// twinFailures counts ends in a row that were not healthy, back from here.
func twinFailures(events []retryEvent) (n int) {
	for i := len(events) - 1; i >= 0; i-- {
		switch e := events[i]; {
		case e.kind == "reset", e.record.delivered && twinHealthy(events, i):
			return n
		case e.kind == "ended":
			n++
		}
	}
	return n
}

// twinRetryDue is when the wait is over that the last end began; zero if something
// has ended it since.
func twinRetryDue(events []retryEvent) time.Time {
	for i := len(events) - 1; i >= 0; i-- {
		e := events[i]
		switch {
		case e.kind == "stood-down", e.kind == "reset", e.kind == "rang" && !e.early:
			return time.Time{}
		case e.stream > 0 && twinHealthy(events, i):
			return e.at.Add(time.Duration(e.random * float64(100*time.Millisecond)))
		case e.stream > 0:
			b := twinBackoff(events[:i])
			wait := b.BaseDelay
			for range twinFailures(events[:i]) {
				wait = min(time.Duration(float64(wait)*b.Multiplier), b.MaxDelay)
			}
			return e.at.Add(wait)
		}
	}
	return time.Time{}
}

// compareRetry plays events to a core and asks the twin what each should come
// to. An event takes two bytes: what happens, and how.
func compareRetry(t *testing.T, script []byte) {
	core := retryCore{backoff: backoffs[0]}
	now := time.Unix(1e9, 0)
	var events []retryEvent
	var streams uint64
	for ; len(script) >= 2 && len(events) < 60; script = script[2:] {
		how := int(script[1])
		now = now.Add(time.Duration(how%32) * 100 * time.Millisecond)
		due := twinRetryDue(events)
		e := retryEvent{at: now, random: float64(how) / 256,
			record: record{time.Duration(how) * 10 * time.Millisecond, how%3 > 0}}
		var dial dialNow
		dialled, want := false, false
		switch script[0] % 9 {
		case 0, 1, 2: // one stream at a time: another can end once the wait is over
			if !due.IsZero() {
				continue
			}
			streams++
			e.kind, e.stream = "ended", streams
			core.ended(now, streamEnded{streams, e.record}, e.random)
		case 3:
			e.kind = "stood-down"
			core.standDown(standDown{e.record})
		case 4:
			e.kind, e.record, want = "reset", record{}, !due.IsZero()
			dial, dialled = core.reset()
		case 5, 6:
			e.kind, e.record = "rang", record{}
			e.early = due.IsZero() || now.Before(due)
			want = !e.early
			dial, dialled = core.rang(now)
		case 7: // the stream that is under way
			if !due.IsZero() {
				continue
			}
			streams++
			e.kind, e.stream = "renewed", streams
			core.renew(now, renewal{streams, e.record}, e.random)
		default:
			e.kind, e.record, e.backoff = "configured", record{}, backoffs[how%2]
			core.setBackoff(e.backoff)
		}
		events = append(events, e)
		if dialled != want || dialled && dial.after != streams {
			t.Fatalf("%s: dials %t after stream %d, the twin %t after %d", e.kind, dialled, dial.after, want, streams)
		}
		if got, want := core.due, twinRetryDue(events); !got.Equal(want) {
			t.Fatalf("%s: due in %v, the twin has %v; %+v", e.kind, got.Sub(now), want.Sub(now), events)
		}
	}
}

func TestRetry_AgreesWithItsTwin(t *testing.T) {
	for seed := range uint64(2000) {
		random := rand.New(rand.NewPCG(seed, 4))
		script := make([]byte, 120)
		for i := range script {
			script[i] = byte(random.Uint32())
		}
		compareRetry(t, script)
	}
}

func FuzzRetry(f *testing.F) {
	f.Add([]byte{0, 3, 5, 31, 0, 3, 5, 31, 0, 200, 5, 1, 0, 3, 4, 0, 0, 3, 7, 1, 3, 0, 0, 9})
	f.Fuzz(compareRetry)
}

package lbstream

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/resolver"
)

// twinTimeout is how long the twin's balancers may be silent.
const twinTimeout = time.Second

// fromWhere picks the balancer that a stream was with, or something that is none.
func fromWhere(arg int) string { return []string{"A", "B", "C", "proxy"}[arg/2%4] }

// twinTried says who has been asked in this round, in vain.
func twinTried(events []event) map[string]bool {
	tried := make(map[string]bool)
	for i, e := range events {
		switch {
		case e.kind == "list", removal(events, i), change(events, i):
			clear(tried)
		case e.kind == "ended" && delivered(events[:i], e.stream):
			clear(tried)
		case e.kind == "ended":
			left := without(twinTarget(events[:i]).Balancers, tried)
			for _, a := range left {
				if e.fresh || a.Addr == e.from {
					tried[a.Addr] = true
				}
			}
			if unknown := len(without(left, tried)) == len(left); unknown && !e.moved {
				tried[left[0].Addr] = true
			}
			if len(without(left, tried)) == 0 {
				clear(tried)
			}
		}
	}
	return tried
}

func without(all []resolver.Address, these map[string]bool) []resolver.Address {
	return slices.DeleteFunc(slices.Clone(all), func(a resolver.Address) bool { return these[a.Addr] })
}

func delivered(events []event, stream uint64) bool {
	return slices.ContainsFunc(events, func(e event) bool { return e.kind == "list" && e.stream == stream })
}

// twinLeft is who can be asked in this round.
func twinLeft(events []event) []resolver.Address {
	return without(twinTarget(events).Balancers, twinTried(events))
}

// roundOver is an end after which nobody is left to ask, or of a stream with a list.
func roundOver(events []event, i int) bool {
	e := events[i]
	if e.kind != "ended" || delivered(events[:i], e.stream) {
		return e.kind == "ended"
	}
	unknown := e.moved && !e.fresh && !slices.ContainsFunc(twinLeft(events[:i]), func(a resolver.Address) bool { return a.Addr == e.from })
	return len(twinTried(events[:i+1])) == 0 && !unknown
}

func twinRounds(events []event) (n uint64) {
	for i := range events {
		if roundOver(events, i) {
			n++
		}
	}
	return n
}

// twinLeavesAt is when the open stream will have been silent for too long, if there is
// somebody else to ask.
func twinLeavesAt(events []event) time.Time {
	stream := present(events)
	if len(stream) == 0 || len(twinTarget(events).Balancers) < 2 {
		return time.Time{}
	}
	for _, e := range stream {
		switch e.kind {
		case "initial", "list", "fallback", "noise":
			return time.Time{}
		}
	}
	return stream[0].at.Add(twinTimeout)
}

// twinLapseAt is when contact ends that an earlier stream had. The time to bring a list
// begins with the stream, and anew when it is open.
func (w *world) twinLapseAt() time.Time {
	if w.stream == 0 || !twinStatus(w.events).Contact || delivered(w.events, w.stream) {
		return time.Time{}
	}
	if stream := present(w.events); len(stream) > 0 {
		return stream[0].at.Add(twinTimeout)
	}
	return w.begun.Add(twinTimeout)
}

func (w *world) twinSilentAt() time.Time {
	if at := twinLeavesAt(w.events); !at.IsZero() {
		return at
	}
	return w.twinLapseAt()
}

func lapse(events []event, i int) bool { return events[i].lapse }

// twinRenewal: the balancer was to be asked again, and neither has that been done nor
// has it spoken since, nor is the stream the same.
func twinRenewal(events []event) bool {
	stream := present(events)
	for i := len(stream) - 1; i >= 0; i-- {
		switch stream[i].kind {
		case "initial", "list", "fallback", "noise":
			return false
		case "ask-again":
			if stream[i].useful {
				return true
			}
		}
	}
	return false
}

// With routes of its own for some balancers, whatever happens: all addresses of a
// channel have one route, and no round asks the same balancer twice.
func TestStream_Next_Routes(t *testing.T) {
	by := func(a resolver.Address) route { return map[string]route{"B": "p", "C": "q"}[a.Addr] }
	for seed := range uint64(1000) {
		w := newWorld(t)
		w.core.routeOf, w.routed = by, true
		random := rand.New(rand.NewPCG(seed, 7))
		for range 100 {
			w.step(byte(random.Uint32()))
			for i := range w.channel {
				if by(w.channel[i]) != by(w.channel[0]) {
					w.wrong("one channel for %s", names(w.channel))
				}
			}
			if n := len(w.core.untried()); w.core.phase != idle && n == 0 {
				w.wrong("nobody is left, and the round is not over")
			}
			if w.stream != 0 && len(w.channel) == 0 {
				w.wrong("a stream to nobody")
			}
		}
	}
}

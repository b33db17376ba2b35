package hostile

import (
	"runtime"
	"strings"
)

// A footprint is what the victim has cost so far.
type footprint struct{ heap, pickers, subConns, calls, dials, resolves int }

// bounds are the most that an abuse may cost, and what is to be read about it.
type bounds struct {
	heap     int // bytes of live heap
	pickers  int // published
	subConns int // made
	calls    int // to the balancer; its connections, and times the resolver was asked

	line  string // is in a line of the log; empty: there need be none
	lines int    // warnings in the log at most; zero is one, if there has to be one
	infos int    // lines of information at most; zero is two: a list, and the end of a trouble
}

const (
	kib = 1 << 10
	mib = 1 << 20
)

// intoFallback is how many pickers it takes to get there at first: calls wait, gRPC's
// round_robin has them wait, and it has a backend.
const intoFallback = 3

// heap returns the bytes in use once the garbage is gone, and what pools keep
// for a collection or two.
func heap() int {
	var m runtime.MemStats
	for range 2 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

func (v *victim) footprint() footprint {
	return footprint{
		heap:     heap(),
		pickers:  int(pickers.Load()),
		subConns: int(subConns.Load()),
		resolves: int(resolves.Load()),
		calls:    int(v.lb.calls.Load()),
		dials:    len(v.network.Dials(v.lb.Addr())),
	}
}

// within fails the test if anything is over its bound.
func (v *victim) within(most bounds) {
	v.Helper()
	now, was := v.footprint(), v.before
	v.Logf("%d bytes, %d pickers, %d SubConns, %d calls", now.heap-was.heap, now.pickers-was.pickers,
		now.subConns-was.subConns, now.calls-was.calls)
	v.atMost("bytes of live heap", now.heap-was.heap, most.heap)
	v.atMost("pickers", now.pickers-was.pickers, most.pickers)
	v.atMost("SubConns", now.subConns-was.subConns, most.subConns)
	v.atMost("calls to the balancer", now.calls-was.calls, most.calls)
	v.atMost("connections to the balancer", now.dials-was.dials, most.calls)
	v.atMost("times the resolver was asked", now.resolves-was.resolves, most.calls)
	v.logged(most)
}

func (v *victim) atMost(what string, got, most int) {
	v.Helper()
	if got > most {
		v.Errorf("%s: %d, want at most %d", what, got, most)
	}
}

// logged fails the test unless the log says what it should, in a line that is
// one, and briefly.
func (v *victim) logged(most bounds) {
	v.Helper()
	lines, warnings, infos := v.journal.take()
	text := strings.Join(lines, "\n")
	if most.line != "" && !strings.Contains(text, most.line) {
		v.Errorf("the log says %q, want %q in it", text, most.line)
	}
	if most.line != "" && most.lines == 0 {
		most.lines = 1
	}
	if most.infos == 0 {
		most.infos = 2
	}
	v.atMost("warnings in the log", warnings, most.lines)
	v.atMost("lines of information in the log", infos, most.infos)
	for _, line := range lines {
		v.atMost("bytes of a line", len(line), 2*kib)
		if strings.ContainsAny(line, "\r\n") {
			v.Errorf("a line of the log that is more than one: %q", line)
		}
	}
}
